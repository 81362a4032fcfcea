import Foundation
import Testing

@testable import Wire

@Suite("Loops", .timeLimit(.minutes(1)))
struct LoopTests {
    /// An actor on a loop.
    private actor Resident {
        nonisolated let loop: Loop
        nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
        private(set) var numbers: [Int] = []
        private let rings: AsyncStream<Int>.Continuation?

        init(_ loop: Loop, rings: AsyncStream<Int>.Continuation? = nil) {
            self.loop = loop
            self.rings = rings
        }

        func add(_ number: Int) -> Bool {
            numbers.append(number)
            return loop.isCurrent
        }

        /// Adds from outside any task, as a socket's handler does.
        nonisolated func addAtOnce(_ number: Int) {
            assumeIsolated { resident in resident.numbers.append(number) }
        }

        /// Sets alarms, each so many nanoseconds from now, and takes some of them back.
        func ring(after delays: [Int], cancelling: Set<Int> = []) {
            let now = Instant.now
            let alarms = delays.enumerated().map { index, delay in
                loop.alarm(at: now.advanced(by: .nanoseconds(delay))) { [rings] in rings?.yield(index) }
            }
            for index in cancelling { loop.cancel(alarms[index]) }
            // Taken back twice, and never set: both are ignored.
            for index in cancelling { loop.cancel(alarms[index]) }
        }

        /// Rings so many times, each alarm set by the one before.
        func chain(_ count: Int) {
            guard count > 0 else { return }
            loop.alarm(at: .now) { [self] in
                rings?.yield(count)
                chain(count - 1)
            }
        }
    }

    @Test("an actor's work runs on the thread, and nothing else does")
    func isolation() async throws {
        let loop = try Loop(name: "isolation")
        let resident = Resident(loop)
        for number in 0..<100 { #expect(await resident.add(number)) }
        #expect(await resident.numbers == Array(0..<100))
        #expect(!loop.isCurrent)
        let other = try Loop(name: "other")
        let isCurrent = await withCheckedContinuation { continuation in
            other.perform { continuation.resume(returning: (loop.isCurrent, other.isCurrent)) }
        }
        #expect(isCurrent == (false, true))
    }

    @Test("a closure on the loop is isolated to the actors that live on it")
    func assumedIsolation() async throws {
        let loop = try Loop(name: "assumed")
        let resident = Resident(loop)
        for number in 0..<100 { loop.perform { resident.addAtOnce(number) } }
        _ = await resident.add(100)
        #expect(await resident.numbers == Array(0...100))
    }

    @Test("closures of one thread run in their order, and none is lost, however many threads hand them in")
    func order() async throws {
        let loop = try Loop(name: "order")
        let (stream, source) = AsyncStream.makeStream(of: (task: Int, number: Int).self)
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask { for number in 0..<2_000 { loop.perform { source.yield((task, number)) } } }
            }
        }
        loop.perform { source.finish() }
        var next = [Int](repeating: 0, count: 8)
        for await (task, number) in stream {
            #expect(number == next[task])
            next[task] += 1
        }
        #expect(next == [Int](repeating: 2_000, count: 8))
    }

    @Test("alarms ring in the order of their deadlines, and those that were taken back do not")
    func alarms() async throws {
        let (stream, rings) = AsyncStream.makeStream(of: Int.self)
        let resident = Resident(try Loop(name: "alarms"), rings: rings)
        await resident.ring(
            after: [30_000_000, 10_000_000, 20_000_000, -5_000, 10_000_000, 0, 1_000_000],
            cancelling: [2, 5]
        )
        var rung: [Int] = []
        for await index in stream.prefix(5) { rung.append(index) }
        #expect(rung == [3, 6, 1, 4, 0])
    }

    @Test("an alarm does not ring before its time")
    func notEarly() async throws {
        let loop = try Loop(name: "early")
        for microseconds in [1, 100, 999, 1_001, 5_500] {
            let (deadline, rung) = await withCheckedContinuation { continuation in
                loop.perform {
                    let deadline = Instant.now.advanced(by: .microseconds(microseconds))
                    loop.alarm(at: deadline) { continuation.resume(returning: (deadline, Instant.now)) }
                }
            }
            #expect(rung >= deadline)
        }
    }

    @Test("alarms that alarms set do not keep other work from running")
    func chains() async throws {
        let (stream, rings) = AsyncStream.makeStream(of: Int.self)
        let resident = Resident(try Loop(name: "chains"), rings: rings)
        await resident.chain(1_000)
        #expect(await resident.add(1))
        var rung: [Int] = []
        for await number in stream.prefix(1_000) { rung.append(number) }
        #expect(rung == (1...1_000).reversed())
    }

    @Test("the thread ends when nothing refers to its loop, and not before its work is done")
    func ending() async throws {
        let name = "end-\(UInt32.random(in: 0 ... .max))"
        let (stream, source) = AsyncStream.makeStream(of: Void.self)
        do {
            let loop = try Loop(name: name)
            await withCheckedContinuation { continuation in loop.perform { continuation.resume() } }
            #expect(Self.threads().contains(name))
            for _ in 0..<1_000 { loop.perform { source.yield() } }
        }
        while Self.threads().contains(name) { await Task.yield() }
        source.finish()
        var count = 0
        for await _ in stream { count += 1 }
        #expect(count == 1_000)
    }

    @Test("work that was handed in last still runs after the loop was let go of")
    func lastWork() async throws {
        for _ in 0..<200 {
            var loop: Loop? = try Loop(name: "last")
            let isDone = await withCheckedContinuation { continuation in
                loop?.perform { continuation.resume(returning: true) }
                loop = nil
            }
            #expect(isDone)
        }
    }

    @Test("an open endpoint keeps its loop until it is closed")
    func endpoints() async throws {
        let name = "open-\(UInt32.random(in: 0 ... .max))"
        weak var loop: Loop?
        var router: RouterService? = try RouterService(on: Loop(name: name), in: Transport())
        loop = router?.loop
        try await router?.bind(to: Place.tcp.address())
        #expect(loop != nil && Self.threads().contains(name))
        await router?.close()
        router = nil
        while loop != nil || Self.threads().contains(name) { await Task.yield() }
    }

    /// The names of this process's threads.
    private static func threads() -> Set<String> {
        let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
        let names = tasks.map { try? String(contentsOfFile: "/proc/self/task/\($0)/comm", encoding: .utf8) }
        return Set(names.compactMap { $0?.trimmingCharacters(in: .newlines) })
    }
}

@Suite("Instants")
struct InstantTests {
    @Test("advance by durations, and stop where time cannot be told any more")
    func advancing() {
        let instant = Instant(nanoseconds: 1_000)
        #expect(instant.advanced(by: .microseconds(2)) == Instant(nanoseconds: 3_000))
        #expect(instant.advanced(by: .nanoseconds(-1)) < instant)
        #expect(instant.duration(to: instant.advanced(by: .seconds(3))) == .seconds(3))
        let forever = Duration(secondsComponent: .max, attosecondsComponent: 0)
        #expect(instant.advanced(by: forever) == Instant(nanoseconds: .max))
        #expect(Instant(nanoseconds: .max).advanced(by: .seconds(1)) == Instant(nanoseconds: .max))
        #expect(
            Instant(nanoseconds: -1).advanced(by: Duration(secondsComponent: .min, attosecondsComponent: 0))
                == Instant(nanoseconds: .min)
        )
    }

    @Test("now is never earlier than it was")
    func monotonic() {
        var last = Instant.now
        for _ in 0..<1_000 {
            let now = Instant.now
            #expect(now >= last)
            last = now
        }
    }
}

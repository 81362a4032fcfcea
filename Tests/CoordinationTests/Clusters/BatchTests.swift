import Synchronization
import Tasks
import Tensors
import TestSupport
import Testing
import Wire

@testable import Coordination

extension Clusters {
    @Suite("Tasks that a recipe asks for in one go")
    struct BatchTests {
        private static func works(_ numbers: [Int], keeping: Keeping = .untilSnapshot) -> [Work] {
            numbers.map { Work(.round(0), inputs: [.value(TensorValue([Float($0)]))], keeping: keeping) }
        }

        private static func value(of outputs: TaskOutputs) async throws -> Float {
            try await outputs["y"].value.floats[0]
        }

        /// Runs a program that doubles numbers, for all in one go.
        private static func expectDoubles(
            of numbers: [Int],
            by program: Program,
            on coordinator: Coordinator
        ) async throws {
            let outputs = try await within(.seconds(30)) { try await coordinator.run(program, each: works(numbers)) }
            #expect(outputs.count == numbers.count)
            for (number, outputs) in zip(numbers, outputs) {
                #expect(try await value(of: outputs) == Float(2 * number))
            }
        }

        @Test("come back in order, each as from a run of its own, and are then forgotten", arguments: [1, 2])
        func order(workers: Int) async throws {
            let cluster = try await LocalCluster(workers: workers)
            for count in [0, 1, 31, 32, 33, 300] {
                // Some of them are the same task.
                let numbers = (0..<count).map { $0 % 170 }
                let outputs = try await within(.seconds(30)) {
                    try await cluster.run(Example.doubling(1), each: Self.works(numbers))
                }
                #expect(outputs.count == count)
                for (number, outputs) in zip(numbers, outputs) {
                    #expect(try await Self.value(of: outputs) == Float(2 * number))
                }
            }
            let isForgotten = await eventually(within: .seconds(10)) { await cluster.coordinator.isIdle }
            let batches = await cluster.coordinator.batchCount
            #expect(isForgotten && batches == 0)
        }

        @Test("give the same when several of a brief program are one task", arguments: [1, 2, 3])
        func fused(workers: Int) async throws {
            let cluster = try await LocalCluster(workers: workers)
            let inline = InlineCluster()
            let program = try Program.trace(["a", "b"].map { Port($0, TensorType(.f32, [3])) }) {
                ["sum": $0[0] + $0[1], "product": ($0[0] * $0[1]).exponential()]
            }
            let shared = try await cluster.share(Example.vector(3))
            for seed in 0..<6 as Range<UInt64> {
                var random = Seeded(seed)
                let numbers = (0..<600).map { _ in random.integer(0...400) }
                let own = random.integer(0...1)
                @Sendable func work(_ number: Int, _ other: TaskInput) -> Work {
                    let value = TaskInput.value(Example.vector(3, seed: number))
                    return Work(
                        .round(number),
                        inputs: own == 0 ? [value, other] : [other, value],
                        keeping: .untilSnapshot
                    )
                }
                let outputs = try await within(.seconds(30)) {
                    try await cluster.run(program, each: numbers.map { work($0, .handle(shared)) })
                }
                for (number, outputs) in zip(numbers, outputs) {
                    let expected = try await inline.run(program, work(number, .value(Example.vector(3))))
                    for name in ["sum", "product"] {
                        #expect(try await outputs[name].value == expected[name].value, "seed \(seed), work \(number)")
                    }
                }
            }
            withExtendedLifetime(shared) {}
            await cluster.stop()
        }

        @Test("are as few tasks as the time that one takes allows", arguments: [(1, 45), (25, 150), (60, 600)])
        func count(microseconds: Int, tasks: Int) async throws {
            let crew = try await Crew(at: .tcp)
            let worker = try await PacedWorker(for: crew, pace: .microseconds(microseconds))
            let program = try Example.doubling(1)
            let coordinator = crew.coordinator
            // By the first one it is known how long they take.
            for numbers in [[0], Array(1...600)] {
                try await Self.expectDoubles(of: numbers, by: program, on: coordinator)
            }
            await coordinator.stop()
            #expect(try await worker.end() == PacedWorker.Counts(done: 1 + tasks))
        }

        @Test("run also where several of them together would be too large")
        func large() async throws {
            let scalar = Port("x", TensorType(.f32, []))
            let deep = Port("x", TensorType(.f32, Shape(Array(repeating: 1, count: TensorType.rankLimit))))
            for ports in [(0..<300).map { Port("x\($0)", scalar.type) }, [deep]] {
                let crew = try await Crew(at: .tcp)
                let coordinator = crew.coordinator
                // It refuses what is more than one of them.
                let worker = try await PacedWorker(for: crew, pace: .microseconds(1)) {
                    $0.inputs.map(\.type) != ports.map(\.type)
                }
                let program = try Program.trace(ports) { ["y": $0[0] * 2] }
                let zeros = ports.map { TaskInput.value(TensorValue([0] as [Float], shape: $0.type.shape)) }
                let works = (0..<100).map { number in
                    let value = TaskInput.value(TensorValue([Float(number)], shape: ports[0].type.shape))
                    return Work(.round(number), inputs: [value] + zeros.dropFirst(), keeping: .untilSnapshot)
                }
                // The first ones tell how long it takes.
                for _ in 0..<2 {
                    let outputs = try await within(.seconds(30)) { try await coordinator.run(program, each: works) }
                    for (number, outputs) in outputs.enumerated() {
                        #expect(try await Self.value(of: outputs) == Float(2 * number))
                    }
                }
                await coordinator.stop()
                #expect(try await worker.end().failed == 0)
            }
        }

        @Test("are each a task of its own once a task of several fails")
        func separated() async throws {
            let crew = try await Crew(at: .tcp)
            let worker = try await PacedWorker(for: crew, pace: .microseconds(1)) { $0.inputs[0].type.shape.rank > 1 }
            let program = try Example.doubling(1)
            let coordinator = crew.coordinator
            for numbers in [[0], Array(1...200), Array(201...400)] {
                try await Self.expectDoubles(of: numbers, by: program, on: coordinator)
            }
            await coordinator.stop()
            // Twelve tasks of sixteen works each, tried three times, and then no more of them.
            #expect(try await worker.end() == PacedWorker.Counts(done: 401, failed: 36))
        }

        @Test("give the same where what a task of several has found must be fetched")
        func fetched() async throws {
            let crew = try await Crew(at: .tcp)
            let worker = try await PacedWorker(for: crew, pace: .microseconds(1), attaches: false)
            let program = try Program.trace([Port("x", TensorType(.f32, [1]))]) {
                ["y": $0[0] + $0[0], "x": $0[0] * 0.5]
            }
            let coordinator = crew.coordinator
            for numbers in [[1], Array(2...161)] {
                let outputs = try await within(.seconds(30)) {
                    try await coordinator.run(program, each: Self.works(numbers))
                }
                for (number, outputs) in zip(numbers, outputs) {
                    #expect(try await Self.value(of: outputs) == Float(2 * number))
                    #expect(try await outputs["x"].value == TensorValue([Float(number) / 2]))
                }
            }
            let isForgotten = await eventually(within: .seconds(10)) { await coordinator.isIdle }
            #expect(isForgotten)
            await coordinator.stop()
            // Two of the first task, when asked for their values, and those of ten tasks of sixteen works.
            #expect(try await worker.end() == PacedWorker.Counts(done: 11, fetched: 22))
        }

        @Test("end when what a task of several has found is nowhere, or nobody waits for it any more")
        func unfetched() async throws {
            for isCancelled in [false, true] {
                let crew = try await Crew(at: .tcp)
                let worker = try await PacedWorker(
                    for: crew,
                    pace: .microseconds(1),
                    attaches: false,
                    hands: { _ in .ignores }
                )
                let coordinator = crew.coordinator
                let program = try Example.doubling(1)
                _ = try await coordinator.run(program, Self.works([0])[0])
                let run = Task { try await coordinator.run(program, each: Self.works(Array(1...160))) }
                let isAsked = await eventually(within: .seconds(10)) {
                    let status = await coordinator.status()
                    let requestCount = await worker.requestCount
                    return status.running.isEmpty && status.waiting == 0 && requestCount > 0
                }
                #expect(isAsked)
                if isCancelled { run.cancel() } else { await coordinator.stop() }
                do {
                    _ = try await run.value(within: .seconds(10))
                    Issue.record("nobody has answered")
                } catch {
                    #expect(isCancelled ? error is CancellationError : error as? TaskError == .shutDown)
                }
                let batches = await coordinator.batchCount
                #expect(batches == 0)
                if isCancelled { await coordinator.stop() }
                _ = try await worker.end()
            }
        }

        @Test("are each a task of its own where what a task of several has found is lost and cannot be found again")
        func lost() async throws {
            let crew = try await Crew(at: .tcp)
            let seen = Mutex<Set<Hash>>([])
            // It does a task of several once, and has lost its output when it is asked for it.
            let worker = try await PacedWorker(for: crew, pace: .microseconds(1), attaches: false) { assignment in
                assignment.inputs[0].type.shape.rank > 1 && !seen.withLock { $0.insert(assignment.task).inserted }
            } hands: {
                $0.type.shape.rank > 1 ? .lacks : .gives
            }
            let coordinator = crew.coordinator
            for numbers in [[1], Array(2...161)] {
                try await Self.expectDoubles(of: numbers, by: Example.doubling(1), on: coordinator)
            }
            await coordinator.stop()
            let counts = try await worker.end()
            #expect(counts.done == 1 + 10 + 160 && counts.failed > 0)
        }

        @Test("may go on from what tasks of several have found, alone and again as tasks of several")
        func chained() async throws {
            let crew = try await Crew(at: .tcp)
            let worker = try await PacedWorker(for: crew, pace: .microseconds(1))
            let coordinator = crew.coordinator
            let program = try Example.doubling(1)
            var outputs = try await coordinator.run(program, each: Self.works([0]))
            var works = Self.works(Array(0..<256))
            for round in 1...4 {
                outputs = try await within(.seconds(30)) { [works] in try await coordinator.run(program, each: works) }
                #expect(outputs.allSatisfy { $0["y"].held != nil })
                works = outputs.map { Work(.round(round), inputs: [.handle($0["y"])], keeping: .untilSnapshot) }
            }
            let alone = try await coordinator.run(program, Work(.round(5), inputs: [.handle(outputs[7]["y"])]))
            #expect(try await Self.value(of: alone) == 7 * 32)
            #expect(outputs[7]["y"].hash == TensorValue([7 * 16] as [Float]).hash)
            for (number, outputs) in outputs.enumerated() {
                #expect(try await Self.value(of: outputs) == Float(16 * number))
            }
            await coordinator.stop()
            #expect(try await worker.end() == PacedWorker.Counts(done: 1 + 4 * 16 + 1))
        }

        @Test("give the same, several of them in a task, while workers come and go")
        func churn() async throws {
            let crew = try await Crew(at: .tcp)
            let steady = try crew.work(as: "steady", slots: 2)
            let program = try Example.doubling(3)
            let isOver = Mutex(false)
            async let passing = {
                var (random, count) = (Seeded(1), 0)
                while !isOver.withLock({ $0 }) {
                    let worker = try crew.work(as: "passing", slots: 2)
                    try await Task.sleep(for: .microseconds(random.integer(0...20_000)))
                    worker.cancel()
                    try await worker.value(within: .seconds(10))
                    count += 1
                }
                return count
            }()
            var heldCount = 0
            for round in 0..<20 {
                let values = (0..<512).map { Example.vector(3, seed: 512 * round + $0) }
                let works = values.map { Work(.round(round), inputs: [.value($0)], keeping: .untilSnapshot) }
                let outputs = try await within(.seconds(30)) { try await crew.coordinator.run(program, each: works) }
                for (value, outputs) in zip(values, outputs) {
                    #expect(try await outputs["y"].value.floats == value.floats.map { 2 * $0 }, "round \(round)")
                    if outputs["y"].held != nil { heldCount += 1 }
                }
            }
            isOver.withLock { $0 = true }
            let count = try await passing
            #expect(count > 0 && heldCount > 0)
            let isForgotten = await eventually(within: .seconds(10)) { await crew.coordinator.isIdle }
            #expect(isForgotten)
            await crew.coordinator.stop()
            try await steady.value(within: .seconds(10))
        }

        @Test("may be the same task twice, also when they are given up")
        func twice() async throws {
            let cluster = try await LocalCluster(workers: 1)
            let work = Work(.round(0), inputs: [.value(TensorValue(scalar: 1 as Float))])
            let run = Task { try await cluster.run(Example.endless(), each: [work, work, work]) }
            let isRunning = await eventually(within: .seconds(10)) { await cluster.status.running.count == 1 }
            #expect(isRunning)
            run.cancel()
            await #expect(throws: CancellationError.self) { _ = try await run.value(within: .seconds(10)) }
            let isForgotten = await eventually(within: .seconds(10)) { await cluster.coordinator.isIdle }
            #expect(isForgotten)
            await cluster.stop()
        }

        @Test("may be those of others, who give theirs up or fail, while tasks of several fail")
        func shared() async throws {
            let crew = try await Crew(at: .tcp)
            let worker = try await PacedWorker(for: crew, pace: .microseconds(1)) {
                $0.inputs[0].type.shape.rank > 1 && $0.task.bytes[0] % 4 > 0
            }
            let coordinator = crew.coordinator
            for seed in 0..<4 as Range<UInt64> {
                var random = Seeded(seed)
                let size = Int(seed) + 1
                let program = try Example.doubling(size)
                let works = (0..<200).map { number in
                    Work(.round(number), inputs: [.value(Example.vector(size, seed: number))], keeping: .untilSnapshot)
                }
                _ = try await coordinator.run(program, works[0])
                let wrong = Work(.round(0), inputs: [.value(Example.vector(9))], keeping: .untilSnapshot)
                let cuts = (0..<5).map { _ in random.integer(0...199) }
                let pauses = (0..<5).map { _ in random.integer(0...20_000) }
                let batches = cuts.indices.map { index in
                    Task {
                        var own = works
                        if index == 3 { own[cuts[index]] = wrong }
                        return try await coordinator.run(program, each: own)
                    }
                }
                for index in 0..<2 {
                    try await Task.sleep(for: .microseconds(pauses[index]))
                    batches[index].cancel()
                }
                for (index, batch) in batches.enumerated() {
                    switch index {
                    case 0, 1: _ = try? await batch.value(within: .seconds(30))
                    case 3: await #expect(throws: TaskError.self) { _ = try await batch.value(within: .seconds(30)) }
                    default:
                        let outputs = try await batch.value(within: .seconds(30))
                        for (number, outputs) in outputs.enumerated() {
                            let floats = try await outputs["y"].value.floats
                            #expect(floats == Example.vector(size, seed: number).floats.map { 2 * $0 }, "seed \(seed)")
                        }
                    }
                }
                let isForgotten = await eventually(within: .seconds(10)) { await coordinator.isIdle }
                let count = await coordinator.batchCount
                #expect(isForgotten && count == 0, "seed \(seed)")
            }
            await coordinator.stop()
            #expect(try await worker.end().failed > 0)
        }

        @Test("end with the first error, and what is still under way is given up")
        func error() async throws {
            let cluster = try await LocalCluster(workers: 1)
            let lost = try await cluster.run(Example.doubling(1), Self.works([1_000])[0])["y"].hash
            _ = await eventually(within: .seconds(10)) { await cluster.coordinator.isIdle }
            let gone = Handle(lost, type: TensorType(.f32, [1]), keptBy: InlineCluster())
            let wrong = Work(.round(7), inputs: [.value(TensorValue([1, 2] as [Float]))])
            let missing = Work(.round(8), inputs: [.handle(gone)])
            for (bad, place) in [(wrong, 0), (wrong, 40), (wrong, 99), (missing, 3), (missing, 70)] {
                var works = Self.works(Array(0..<100))
                works[place] = bad
                await #expect(throws: TaskError.self) {
                    try await within(.seconds(10)) { [works] in
                        try await cluster.run(Example.doubling(1), each: works)
                    }
                }
                let isForgotten = await eventually(within: .seconds(10)) { await cluster.coordinator.isIdle }
                let batches = await cluster.coordinator.batchCount
                #expect(isForgotten && batches == 0, "\(bad.role) at \(place)")
            }
        }

        @Test("are given up when nobody waits any more, or the coordinator stops")
        func cancellation() async throws {
            for stops in [false, true] {
                let cluster = try await LocalCluster(workers: 1)
                let works = (0..<80).map { Work(.round($0), inputs: [.value(TensorValue(scalar: Float($0)))]) }
                let task = Task { try await cluster.run(Example.endless(), each: works) }
                let isRunning = await eventually(within: .seconds(10)) {
                    let status = await cluster.status
                    return !status.running.isEmpty && status.waiting > 40
                }
                #expect(isRunning)
                if stops { await cluster.stop() } else { task.cancel() }
                do {
                    _ = try await task.value(within: .seconds(10))
                    Issue.record("they are endless")
                } catch {
                    #expect(stops ? error as? TaskError == .shutDown : error is CancellationError)
                }
                let batches = await cluster.coordinator.batchCount
                #expect(batches == 0)
                guard !stops else { continue }
                let isForgotten = await eventually(within: .seconds(10)) { await cluster.coordinator.isIdle }
                #expect(isForgotten)
                let already = Task {
                    try? await Task.sleep(for: .seconds(60))
                    return try await cluster.run(Example.doubling(1), each: Self.works([1, 2])).count
                }
                already.cancel()
                await #expect(throws: CancellationError.self) { _ = try await already.value }
            }
        }

        @Test("are not run again when their results are in the ledger")
        func recorded() async throws {
            let folder = try Folder()
            for (numbers, runs) in [(Array(0..<50), 50), (Array(20..<120), 70), (Array(0..<120), 0)] {
                let (values, done) = try await Self.doubled(numbers, in: folder.path)
                #expect(values == numbers.map { Float(2 * $0) })
                // A task that was taken back from a worker may have been done there already.
                #expect((runs...runs + runs / 5).contains(done))
            }
        }

        /// What a cluster with a ledger finds, and how often a worker was done with a task.
        private static func doubled(_ numbers: [Int], in folder: String) async throws -> ([Float], Int) {
            var opened: Ledger?
            // The one before it may still be about to close.
            _ = await eventually(within: .seconds(10)) {
                opened = try? Ledger(folder: folder, job: Hash(of: [1]))
                return opened != nil
            }
            let ledger: Ledger = try #require(opened)
            let done = Count()
            let cluster = try await LocalCluster(workers: 2, ledger: ledger) { done.note($0) }
            let values = try await within(.seconds(30)) {
                let outputs = try await cluster.run(Example.doubling(1), each: works(numbers, keeping: .recorded))
                var values: [Float] = []
                for outputs in outputs { values.append(try await value(of: outputs)) }
                return values
            }
            await cluster.stop()
            return (values, done.number)
        }

        private final class Count: Sendable {
            private let done = Atomic<Int>(0)

            var number: Int { done.load(ordering: .relaxed) }

            func note(_ event: ClusterEvent) { if case .finished = event { done.add(1, ordering: .relaxed) } }
        }
    }
}

import Foundation
import Logging
import Tasks
import Tensors
import Testing
import Wire

@testable import Coordination

/// Tests that start threads and sockets, one after the other.
@Suite("Clusters", .serialized, .timeLimit(.minutes(2)))
struct Clusters {}

/// Where a coordinator and its workers meet.
enum Place: String, CaseIterable, CustomTestStringConvertible {
    case inproc, ipc, tcp

    /// An address that no other test uses.
    func address() throws -> Address {
        switch self {
        case .inproc: try Address("inproc://\(UUID().uuidString)")
        case .ipc: try Address("ipc://\(FileManager.default.temporaryDirectory.path)/\(UUID().uuidString.prefix(13))")
        case .tcp: try Address("tcp://127.0.0.1:*")
        }
    }

    var testDescription: String { rawValue }
}

/// A coordinator and workers that come and go, in this process.
final class Crew: Sendable {
    let transport: Transport
    let coordinator: Coordinator
    let address: Address
    /// What the coordinator tells, for one reader.
    let events: AsyncStream<ClusterEvent>
    private let hostBlobs: HostBlobs

    init(
        at place: Place,
        settings: CoordinatorSettings = CoordinatorSettings(),
        hostBlobs: HostBlobs = HostBlobs()
    ) async throws {
        self.hostBlobs = hostBlobs
        transport = try Transport()
        let (events, source) = AsyncStream.makeStream(of: ClusterEvent.self)
        self.events = events
        coordinator = try Coordinator(
            in: transport,
            settings: settings,
            hostBlobs: hostBlobs,
            log: Self.log
        ) { source.yield($0) }
        address = try await coordinator.listen(at: place.address())
    }

    /// A log that keeps quiet about what tests do on purpose.
    static var log: Logger {
        var log = Logger(label: "test")
        log.logLevel = .critical
        return log
    }

    /// Starts a worker; cancelling the task tells it to stop.
    func work(
        as name: String,
        slots: Int = 1,
        cacheBytes: Int? = nil,
        grace: Duration = .zero
    ) throws -> Task<Void, any Error> {
        let settings = WorkerSettings(name: name, slots: slots, cacheBytes: cacheBytes, grace: grace)
        let worker = try Worker(
            connectingTo: address,
            in: transport,
            settings: settings,
            hostBlobs: hostBlobs,
            log: Self.log
        )
        return Task { _ = try await worker.run() }
    }

    /// Reads events until a worker has been given a task.
    func assignment() async throws -> (worker: String, attempt: Int) {
        try await within(.seconds(10)) { [events] in
            for await case .assigned(_, let worker, let attempt) in events { return (worker, attempt) }
            throw CancellationError()
        }
    }
}

/// Something took longer than it may.
struct Overdue: Error {}

/// Runs something that must end in time.
func within<Result: Sendable>(
    _ deadline: Duration,
    _ body: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    try await withThrowingTaskGroup(of: Result.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await Task.sleep(for: deadline)
            throw Overdue()
        }
        defer { group.cancelAll() }
        guard let result = try await group.next() else { throw Overdue() }
        return result
    }
}

extension Task where Failure == any Error {
    /// What it gives, in time; else it is cancelled.
    func value(within deadline: Duration) async throws -> Success {
        try await CoordinationTests.within(deadline) {
            try await withTaskCancellationHandler {
                try await value
            } onCancel: {
                cancel()
            }
        }
    }
}

/// Asks again and again until something holds, for which there is no event to wait for.
func eventually(within deadline: Duration, _ holds: () async throws -> Bool) async rethrows -> Bool {
    let end = ContinuousClock.now.advanced(by: deadline)
    while ContinuousClock.now < end {
        if try await holds() { return true }
        await Task.yield()
    }
    return try await holds()
}

/// Programs for tests.
enum Example {
    /// `2 x`
    static func doubling(_ count: Int) throws -> Program {
        try Program.trace([Port("x", TensorType(.f32, [count]))]) { ["y": $0[0] + $0[0]] }
    }

    /// The sum of four vectors.
    static func sum(_ count: Int) throws -> Program {
        let type = TensorType(.f32, [count])
        return try Program.trace(["a", "b", "c", "d"].map { Port($0, type) }) {
            ["sum": $0[0] + $0[1] + $0[2] + $0[3]]
        }
    }

    /// Some milliseconds for each round; it can be stopped between rounds.
    static func slow(rounds: Int) throws -> Program {
        try Program.trace([Port("x", TensorType(.f32, []))]) { inputs in
            let x = scan(inputs[0], count: rounds) { x, _ in
                (scan(x, count: 100_000) { x, _ in (x * 0.999 + 0.001, x) }.carry, x)
            }
            return ["x": x.carry]
        }
    }

    /// One that nobody has the time to wait for.
    static func endless() throws -> Program { try slow(rounds: 1_000_000) }

    static func vector(_ count: Int, seed: Int = 1) -> TensorValue {
        TensorValue((0..<count).map { Float(($0 &* 31 &+ seed) % 1_000) }, shape: [count])
    }

    static let one = TaskInput.value(TensorValue(scalar: 1 as Float))
}

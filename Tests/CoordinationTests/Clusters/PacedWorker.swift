import Execution
import Tasks
import Tensors
import Wire

@testable import Coordination

/// A worker of small tasks that says how long each took, whatever the machine is busy with, and refuses some.
final class PacedWorker: Sendable {
    private let dealer: DealerService
    private let work: Task<(done: Int, failed: Int), any Error>

    /// A worker that has begun to work.
    ///
    /// - Parameters:
    ///   - crew: For whose coordinator.
    ///   - pace: How long it says that a task took.
    ///   - refuses: Which tasks fail there.
    /// - Throws: when there is no room for another thread or socket.
    init(
        for crew: Crew,
        pace: Duration,
        refuses: @escaping @Sendable (Assignment) -> Bool = { _ in false }
    ) async throws {
        let dealer = try DealerService(on: Loop(name: "paced"), in: crew.transport)
        try await dealer.connect(to: crew.address)
        self.dealer = dealer
        work = Task { try await Self.work(dealer, pace, refuses) }
    }

    /// Waits until the coordinator says goodbye, and closes the connection.
    ///
    /// - Returns: how many tasks it has done, and how many it refused.
    func end() async throws -> (done: Int, failed: Int) {
        let counts = try await work.value(within: .seconds(10))
        await dealer.close()
        return counts
    }

    private static func work(
        _ dealer: DealerService,
        _ pace: Duration,
        _ refuses: (Assignment) -> Bool
    ) async throws -> (done: Int, failed: Int) {
        let executor = TaskExecutor(memoryLimit: 1 << 30)
        var blobs: [Hash: Frame] = [:]
        var counts = (done: 0, failed: 0)
        for await event in dealer.events {
            if case .connected = event {
                let hello = Hello(
                    numericsVersion: numericsVersion,
                    name: "paced",
                    build: "",
                    slots: 8,
                    cores: 1,
                    memoryLimitBytes: 0,
                    processID: 1
                )
                try await dealer.send(Parcel(.hello(hello)))
            }
            guard case .received(let parcel) = event else { continue }
            switch parcel.message {
            case .heartbeat: try await dealer.send(parcel)
            case .goodbye:
                try await dealer.send(parcel)
                return counts
            case .assignment(let assignment):
                for (name, frame) in zip(assignment.attached, parcel.frames) { blobs[name] = frame }
                let inputs = assignment.inputs.compactMap { blobs[$0.name] }
                guard !refuses(assignment), let program = blobs[assignment.program.name] else {
                    counts.failed += 1
                    let failed = TaskFailed(
                        task: assignment.task,
                        attempt: assignment.attempt,
                        code: .execution,
                        sentence: "not here"
                    )
                    try await dealer.send(Parcel(.failed(failed)))
                    continue
                }
                counts.done += 1
                let outputs = try executor.run(assignment, program: program, inputs: inputs, control: RunControl())
                    .get()
                // They may be inputs of other tasks.
                for output in outputs { blobs[output.tensor.name] = output.blob }
                let finished = TaskFinished(
                    task: assignment.task,
                    attempt: assignment.attempt,
                    outputs: outputs.map { TaskOutput($0.tensor, isAttached: true) },
                    wallNanoseconds: Int(pace / .nanoseconds(1))
                )
                try await dealer.send(Parcel(.finished(finished), frames: outputs.map(\.blob)))
            default: continue
            }
        }
        return counts
    }
}

import Coordination
import Foundation
import Jobs
import Logging
import Synchronization
import Tasks

/// Workers that this process starts for itself: children that run the same program.
struct LocalCrew: Sendable {
    /// How many worker processes; none for threads of this process alone.
    var workers: Int
    /// Whether they say what they do.
    var isVerbose: Bool

    /// Runs something on these workers, and ends them. Afterwards no child is left.
    ///
    /// - Parameters:
    ///   - ledger: Where the cluster writes down what is done.
    ///   - body: Is given the cluster, and how to ask it how it stands.
    /// - Returns: what `body` returns.
    /// - Throws: what `body` throws, `ClusterError`, `Refusal`, or `Failure` when workers cannot be kept running.
    func lead<Result: Sendable>(
        writingTo ledger: Ledger,
        _ body: @escaping @Sendable (any Cluster, @escaping @Sendable () async -> ClusterStatus) async throws -> Result
    ) async throws -> Result {
        guard workers > 0 else {
            let cluster = try await LocalCluster(workers: ProcessInfo.processInfo.activeProcessorCount, ledger: ledger)
            do {
                let result = try await body(cluster) { await cluster.status }
                await cluster.stop()
                return result
            } catch {
                await cluster.stop()
                throw error
            }
        }
        let meeting = try MeetingPlace()
        defer {
            meeting.remove()
            // Children end without letting go of what they share.
            HostBlobs().sweep()
        }
        let finished = FinishedTasks()
        let coordinator = try Coordinator(settings: CoordinatorSettings(build: troupeVersion), ledger: ledger) {
            event in
            if case .finished = event { finished.add() }
        }
        let address = try await coordinator.listen(at: meeting.address)
        return try await withThrowingTaskGroup(of: Result?.self) { group in
            for _ in 0..<workers {
                group.addTask {
                    try await keepWorkerRunning(at: address, finished)
                    return nil
                }
            }
            group.addTask { try await body(coordinator) { await coordinator.status() } }
            let result: Swift.Result<Result, any Error>
            do {
                result = .success(try await Self.first(of: &group))
            } catch {
                result = .failure(error)
            }
            // In this order: a worker that ends from now on is not replaced.
            group.cancelAll()
            await coordinator.stop()
            return try result.get()
        }
    }

    private static func first<Result: Sendable>(
        of group: inout ThrowingTaskGroup<Result?, any Error>
    ) async throws -> Result {
        while let ended = try await group.next() {
            if let ended { return ended }
        }
        throw CancellationError()
    }

    /// Starts a worker, and another one when it is killed, until the surrounding task is cancelled.
    private func keepWorkerRunning(at address: String, _ finished: FinishedTasks) async throws {
        var earlyEnds = 0
        var finishedBefore = 0
        while !Task.isCancelled {
            let start = ContinuousClock.now
            let child = try ChildProcess(["worker", "--connect", address, "--while-input"] + verbosity)
            let ending = await child.ended()
            guard !Task.isCancelled else { return }
            let isEarly = ContinuousClock.now - start < Self.soon && finished.count == finishedBefore
            earlyEnds = isEarly ? earlyEnds + 1 : 0
            finishedBefore = finished.count
            guard earlyEnds < Self.mostEarlyEnds else { throw Failure(ending: ending) }
            Self.log.warning("Worker process \(child.id) \(ending); another one takes its place.")
        }
    }

    private var verbosity: [String] { isVerbose ? ["--verbose"] : [] }

    private static let log = Logger(label: "troupe.train")
    /// Workers that end sooner than this, while no task is finished, may never have worked.
    private static let soon = Duration.milliseconds(500)
    private static let mostEarlyEnds = 5

    /// How many tasks were finished.
    private final class FinishedTasks: Sendable {
        private let number = Atomic<Int>(0)

        var count: Int { number.load(ordering: .relaxed) }

        func add() { number.add(1, ordering: .relaxed) }
    }

    /// Workers end as soon as they are started.
    struct Failure: Error, CustomStringConvertible {
        let ending: ChildEnding

        var description: String {
            """
            Worker processes end as soon as they are started: the last one \(ending). What they say stands above; \
            `--workers 0` trains without them.
            """
        }
    }
}

import Synchronization
import Tasks
import Tensors

/// A cluster that notes which programs ran on it, and reports every finished task.
struct WatchedCluster<Base: Cluster>: Cluster {
    private let base: Base
    private let plan: TrainingPlan
    private let report: @Sendable (TrainingProgress) -> Void
    private let state: State

    /// What has been seen. A class, because the cluster's copies share it.
    private final class State: Sendable {
        let seen: Mutex<Seen>

        init(_ start: TrainingProgress) { seen = Mutex(Seen(progress: start)) }
    }

    private struct Seen {
        var progress: TrainingProgress
        var programs: Set<Hash> = []
        /// How many tasks of a chain that goes on have finished.
        var finished: [Role: Int] = [:]

        /// Notes that a task of a chain has finished.
        ///
        /// - Returns: whether it was the last.
        mutating func finish(_ role: Role, of length: Int) -> Bool {
            guard length > 1 else { return true }
            let count = finished[role, default: 0] + 1
            finished[role] = count == length ? nil : count
            return count == length
        }
    }

    init(
        _ base: Base,
        plan: TrainingPlan,
        report: @escaping @Sendable (TrainingProgress) -> Void
    ) {
        self.base = base
        self.plan = plan
        self.report = report
        state = State(plan.start)
    }

    /// The programs that ran, in the order of their hashes.
    var programs: [Hash] { state.seen.withLock { $0.programs.sorted() } }

    var local: LocalExecutor { base.local }

    func share(_ value: TensorValue) async throws -> Handle { try await base.share(value) }

    func save(_ snapshot: Snapshot, as name: String) async throws { try await base.save(snapshot, as: name) }

    func snapshot(_ name: String) async throws -> Snapshot? {
        let snapshot = try await base.snapshot(name)
        if let snapshot {
            state.seen.withLock { seen in
                seen.progress.done += plan.prepared.progress(at: snapshot, named: name)
                seen.progress.share = Double(seen.progress.done) / Double(max(1, seen.progress.total))
                report(seen.progress)
            }
        }
        return snapshot
    }

    func run(_ program: Program, _ work: Work) async throws -> TaskOutputs {
        let outputs = try await base.run(program, work)
        let finished = try await plan.prepared.finished(work.role, leaving: outputs)
        state.seen.withLock { seen in
            seen.programs.insert(program.hash)
            seen.progress.tasks += 1
            if seen.finish(work.role, of: plan.prepared.chainLength) { seen.progress.done += finished.done }
            seen.progress.share += finished.share
            report(seen.progress)
        }
        return outputs
    }
}

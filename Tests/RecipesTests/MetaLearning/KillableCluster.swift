import Synchronization
import Tasks
import Tensors

/// A cluster without threads that keeps snapshots in memory, and stops as a killed one does: after some tasks, every further
/// one fails.
final class KillableCluster: Cluster {
    struct Killed: Error {}

    private let inner = InlineCluster()
    private let state: Mutex<(tasks: Int, snapshots: [String: Snapshot])>
    private let limit: Int

    /// A cluster with the snapshots that another one kept, which runs `limit` tasks.
    init(after other: KillableCluster? = nil, tasks limit: Int = .max) {
        self.limit = limit
        state = Mutex((0, other?.snapshots ?? [:]))
    }

    /// What is kept.
    var snapshots: [String: Snapshot] { state.withLock { $0.snapshots } }
    /// How many tasks were asked for.
    var tasks: Int { state.withLock { $0.tasks } }

    var local: LocalExecutor { inner.local }

    func share(_ value: TensorValue) async throws -> Handle { try await inner.share(value) }

    func run(_ program: Program, _ work: Work) async throws -> TaskOutputs {
        let number = state.withLock { state in
            state.tasks += 1
            return state.tasks
        }
        guard number <= limit else { throw Killed() }
        return try await inner.run(program, work)
    }

    func save(_ snapshot: Snapshot, as name: String) async throws {
        state.withLock { $0.snapshots[name] = snapshot }
    }

    func snapshot(_ name: String) async throws -> Snapshot? { state.withLock { $0.snapshots[name] } }
}

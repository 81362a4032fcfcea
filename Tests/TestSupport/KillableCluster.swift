import Synchronization
public import Tasks
public import Tensors

/// A cluster without threads that keeps snapshots in memory, and stops as a killed one does: after some tasks, every further
/// one fails.
public final class KillableCluster: Cluster {
    /// Why a task fails.
    public struct Killed: Error {}

    private let inner = InlineCluster()
    private let state: Mutex<(tasks: Int, snapshots: [String: Snapshot])>
    private let limit: Int

    /// A cluster with the snapshots that another one kept, which runs `limit` tasks.
    public init(after other: KillableCluster? = nil, tasks limit: Int = .max) {
        self.limit = limit
        state = Mutex((0, other?.snapshots ?? [:]))
    }

    private var snapshots: [String: Snapshot] { state.withLock { $0.snapshots } }

    /// How many tasks were run.
    public var tasks: Int { state.withLock { $0.tasks } }

    /// Where small things are computed.
    public var local: LocalExecutor { inner.local }

    /// Keeps a tensor.
    public func share(_ value: TensorValue) async throws -> Handle { try await inner.share(value) }

    /// Runs a task, unless the limit is reached.
    public func run(_ program: Program, _ work: Work) async throws -> TaskOutputs {
        try state.withLock { state in
            guard state.tasks < limit else { throw Killed() }
            state.tasks += 1
        }
        return try await inner.run(program, work)
    }

    /// Keeps a snapshot, also for a cluster after this one.
    public func save(_ snapshot: Snapshot, as name: String) async throws {
        state.withLock { $0.snapshots[name] = snapshot }
    }

    /// The last snapshot of a name.
    public func snapshot(_ name: String) async throws -> Snapshot? { state.withLock { $0.snapshots[name] } }
}

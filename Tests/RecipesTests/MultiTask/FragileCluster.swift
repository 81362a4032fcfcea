import Synchronization
import Tasks
import Tensors

/// A cluster that dies when it has run a number of tasks. Its snapshots outlive it.
final class FragileCluster: Cluster {
    struct Died: Error {}

    private let inner: any Cluster
    private let left: Mutex<Int>
    private let kept: Snapshots

    /// What was written down.
    final class Snapshots: Sendable {
        let all = Mutex<[String: Snapshot]>([:])
    }

    init(_ inner: any Cluster = InlineCluster(), dyingAfter tasks: Int, keeping snapshots: Snapshots) {
        self.inner = inner
        left = Mutex(tasks)
        kept = snapshots
    }

    /// How many more tasks it will run.
    var remaining: Int { left.withLock { $0 } }

    var local: LocalExecutor { inner.local }

    func share(_ value: TensorValue) async throws -> Handle { try await inner.share(value) }

    func run(_ program: Program, _ work: Work) async throws -> TaskOutputs {
        let isAlive = left.withLock { left in
            left -= 1
            return left >= 0
        }
        guard isAlive else { throw Died() }
        return try await inner.run(program, work)
    }

    func save(_ snapshot: Snapshot, as name: String) async throws { kept.all.withLock { $0[name] = snapshot } }

    func snapshot(_ name: String) async throws -> Snapshot? { kept.all.withLock { $0[name] } }
}

import Synchronization
public import Tasks
public import Tensors

/// A cluster that writes down what recipes ask it for, so that the same recipe goes on after a crash.
///
/// A recorded task that is in the ledger returns at once and is not run; its outputs are then shared like any tensor. A
/// task that is not recorded is run whenever it is asked for; the recipe's snapshots spare it that.
public final class RecordedCluster<Base: Cluster>: Cluster {
    private let base: Base
    private let ledger: Ledger
    private let counts = Mutex(Counts())

    /// What a run has done.
    public struct Counts: Hashable, Sendable {
        /// Tasks that were in the ledger.
        public var reused = 0
        /// Tasks that were run.
        public var run = 0
    }

    /// A cluster with a ledger.
    public init(_ base: Base, ledger: Ledger) {
        self.base = base
        self.ledger = ledger
    }

    /// What has been done so far.
    public var done: Counts { counts.withLock { $0 } }

    /// Runs small programs.
    public var local: LocalExecutor { base.local }

    /// Keeps a tensor.
    public func share(_ value: TensorValue) async throws -> Handle { try await base.share(value) }

    /// Runs a program, unless its outputs are recorded.
    ///
    /// - Throws: what the cluster throws, and `LedgerError`.
    public func run(_ program: Program, _ work: Work) async throws -> TaskOutputs {
        guard work.keeping == .recorded else {
            let outputs = try await base.run(program, work)
            ledger.noteUnrecorded()
            counts.withLock { $0.run += 1 }
            return outputs
        }
        let task = Hash.ofTask(program: program.hash, inputs: work.inputs.map(\.hash))
        if let values = try await ledger.outputs(of: task), values.map(\.type) == program.outputs.map(\.type) {
            var handles: [Handle] = []
            for value in values { handles.append(try await base.share(value)) }
            counts.withLock { $0.reused += 1 }
            return TaskOutputs(of: program, handles: handles)
        }
        let outputs = try await base.run(program, work)
        var values: [TensorValue] = []
        for handle in outputs.handles { values.append(try await handle.value) }
        if try await !ledger.record(task, role: work.role, outputs: values) { ledger.noteUnrecorded() }
        counts.withLock { $0.run += 1 }
        return outputs
    }

    /// Writes the snapshot down.
    ///
    /// - Throws: `LedgerError`.
    public func save(_ snapshot: Snapshot, as name: String) async throws { try await ledger.save(snapshot, as: name) }

    /// The snapshot that was written down last.
    ///
    /// - Throws: `LedgerError`.
    public func snapshot(_ name: String) async throws -> Snapshot? { try await ledger.snapshot(name) }
}

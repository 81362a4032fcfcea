import Synchronization
public import Tasks
public import Tensors

/// A cluster on which a recipe goes once more through what its ledger recorded, and some of the tasks are run again and
/// compared.
///
/// A recipe is deterministic, so it asks for the same tasks as in training, with the same inputs: neither programs nor
/// inputs had to be kept.
public final class VerifyingCluster<Base: Cluster>: Cluster {
    private let base: Base
    private let ledger: Ledger
    private let chosen: Set<Hash>
    private let seen = Mutex(Verification())

    /// A cluster that runs `chosen` again.
    ///
    /// - Parameters:
    ///   - base: Where tasks run.
    ///   - ledger: The finished ledger.
    ///   - chosen: The hashes of the tasks to compare.
    public init(_ base: Base, ledger: Ledger, chosen: Set<Hash>) {
        self.base = base
        self.ledger = ledger
        self.chosen = chosen
        seen.withLock { $0.missing = chosen }
    }

    /// What was found so far.
    public var verification: Verification { seen.withLock { $0 } }

    /// Runs small programs.
    public var local: LocalExecutor { base.local }

    /// Keeps a tensor.
    public func share(_ value: TensorValue) async throws -> Handle { try await base.share(value) }

    /// Gives what was recorded, having compared it if the task is among those chosen; what was not recorded is run.
    ///
    /// - Throws: what the cluster throws, and `LedgerError`.
    public func run(_ program: Program, _ work: Work) async throws -> TaskOutputs {
        let task = Hash.ofTask(program: program.hash, inputs: work.inputs.map(\.hash))
        guard work.keeping == .recorded else {
            let outputs = try await base.run(program, work)
            seen.withLock { $0.unrecorded += 1 }
            return outputs
        }
        let recorded = try await ledger.outputs(of: task)
        guard let recorded, recorded.map(\.type) == program.outputs.map(\.type) else {
            let isRecorded = await !ledger.recorded(among: [task]).isEmpty
            seen.withLock { seen in
                if isRecorded { seen.damaged.append(.init(task: task, role: work.role)) }
                seen.missing.remove(task)
                seen.unrecorded += 1
            }
            return try await base.run(program, work)
        }
        // Handles first: what is compared is what the recipe goes on with.
        var handles: [Handle] = []
        for value in recorded { handles.append(try await base.share(value)) }
        if chosen.contains(task), seen.withLock({ $0.missing.remove(task) }) != nil {
            let found = try await base.run(program, work).handles.map(\.hash)
            let names = handles.map(\.hash)
            seen.withLock { seen in
                seen.compared += 1
                guard found != names else { return }
                seen.differing.append(.init(task: task, role: work.role, recorded: names, found: found))
            }
        }
        return TaskOutputs(of: program, handles: handles)
    }

    /// Nothing more is kept.
    public func save(_ snapshot: Snapshot, as name: String) async throws {}

    /// The snapshot before the last, so that the steps between them run again; nil where there is only one.
    ///
    /// - Throws: `LedgerError`.
    public func snapshot(_ name: String) async throws -> Snapshot? {
        try await ledger.snapshots(name).dropFirst().first
    }
}

/// What became of the tasks that were run again.
public struct Verification: Hashable, Sendable {
    /// How many were run again and compared.
    public var compared = 0
    /// Those with other results than recorded.
    public var differing: [Difference] = []
    /// Those whose record is damaged.
    public var damaged: [Damage] = []
    /// Those that the recipe has not asked for.
    public var missing: Set<Hash> = []
    /// Tasks that are not recorded, and were run because what follows needs them.
    public var unrecorded = 0

    /// A task with two results.
    public struct Difference: Hashable, Sendable {
        /// Its hash.
        public var task: Hash
        /// What it was.
        public var role: Role
        /// The names of the outputs in the ledger.
        public var recorded: [Hash]
        /// The names of those that were found now.
        public var found: [Hash]
    }

    /// A task whose record is not what was written.
    public struct Damage: Hashable, Sendable {
        /// Its hash.
        public var task: Hash
        /// What it was.
        public var role: Role
    }
}

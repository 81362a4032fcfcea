public import Tasks
public import Tensors

/// A finished task as the ledger keeps it.
public struct LedgerRecord: Hashable, Sendable {
    /// The task's hash.
    public var task: Hash
    /// What it is, for people.
    public var role: Role
    /// Its outputs, in the program's order.
    public var outputs: [TensorValue]
    /// Which try found them.
    public var attempt: Int
    /// Who found them, for people.
    public var worker: String
    /// How long the program ran; 0 when that is not known.
    public var wallNanoseconds: Int

    /// A result.
    public init(
        task: Hash,
        role: Role,
        outputs: [TensorValue],
        attempt: Int = 1,
        worker: String = "",
        wallNanoseconds: Int = 0
    ) {
        self.task = task
        self.role = role
        self.outputs = outputs
        self.attempt = attempt
        self.worker = worker
        self.wallNanoseconds = wallNanoseconds
    }
}

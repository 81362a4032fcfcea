public import Tensors

/// What a task is computed from.
public enum TaskInput: Sendable {
    /// A tensor at hand, which is sent along.
    case value(TensorValue)
    /// A tensor that lies in the cluster, or that the handle holds.
    case handle(Handle)

    /// The tensor's type.
    public var type: TensorType {
        switch self {
        case .value(let value): value.type
        case .handle(let handle): handle.type
        }
    }

    /// The tensor, unless the cluster keeps it.
    package var content: TensorValue? {
        switch self {
        case .value(let value): value
        case .handle(let handle): handle.held
        }
    }

    /// The name of the tensor's content.
    public var hash: Hash {
        switch self {
        case .value(let value): value.hash
        case .handle(let handle): handle.hash
        }
    }
}

/// How long a result is remembered after a crash.
public enum Keeping: Hashable, Sendable {
    /// The outputs are written down, and the task is never run again. For tasks that take a second or more.
    case recorded
    /// The outputs live in memory; the recipe's snapshots make progress durable. For thousands of short tasks, and for
    /// results that are large and quickly made again.
    case untilSnapshot
}

/// One run of a program: a role, and the inputs in the program's order.
public struct Work: Sendable {
    /// What the work is, for people.
    public var role: Role
    /// One for each input of the program.
    public var inputs: [TaskInput]
    /// How long the result is remembered after a crash.
    public var keeping: Keeping

    /// Work on some inputs.
    public init(_ role: Role, inputs: [TaskInput], keeping: Keeping = .recorded) {
        self.role = role
        self.inputs = inputs
        self.keeping = keeping
    }
}

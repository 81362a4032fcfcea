public import Tensors

/// Why a program did not run.
public enum ExecutionError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The program asks for more than it may.
    case limit(String)
    /// The program asks for more memory than it may use, in bytes.
    case memory(needed: Int, allowed: Int)
    /// An input is not what the program takes.
    case input(name: String, expected: TensorType, found: TensorType)
    /// There are too few or too many inputs.
    case inputCount(expected: Int, found: Int)
    /// The run was told to stop.
    case cancelled
    /// The executor has no rule for this.
    case unsupported(String)

    /// One sentence.
    public var description: String {
        switch self {
        case .limit(let what): "the program exceeds a limit: \(what)"
        case .memory(let needed, let allowed):
            "the program exceeds a limit: the program needs \(needed) bytes of memory, and \(allowed) are allowed"
        case .input(let name, let expected, let found): "input '\(name)' must be \(expected), but is \(found)"
        case .inputCount(let expected, let found): "the program takes \(expected) inputs, but \(found) were given"
        case .cancelled: "the run was cancelled"
        case .unsupported(let what): "not supported: \(what)"
        }
    }
}

/// Why a task has no result.
public enum TaskError: Error, Hashable, Sendable, CustomStringConvertible {
    /// An input does not fit the program, or the program itself is refused.
    case invalid(role: Role, reason: String)
    /// The task failed on every worker that tried it.
    case failed(role: Role, attempts: [String])
    /// A tensor is nowhere any more.
    case lost(String)
    /// The cluster was shut down while the task was waiting or running.
    case shutDown

    /// What happened and to which task.
    public var description: String {
        switch self {
        case .invalid(let role, let reason): "\(role) cannot run: \(reason)"
        case .failed(let role, let attempts):
            "\(role) failed \(attempts.count == 1 ? "once" : "\(attempts.count) times"):\n"
                + attempts.enumerated().map { "  attempt \($0 + 1): \($1)" }.joined(separator: "\n")
        case .lost(let what): "a tensor was lost: \(what)"
        case .shutDown: "the cluster was shut down"
        }
    }
}

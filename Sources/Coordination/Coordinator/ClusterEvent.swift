public import Tasks

/// Something that happened in a cluster, for logs, displays and tests.
public enum ClusterEvent: Hashable, Sendable, CustomStringConvertible {
    /// A worker was admitted.
    case joined(worker: String, processID: Int)
    /// A worker is gone, and what it had begun is done elsewhere.
    case left(worker: String, reason: String, givenBack: [Role])
    /// A worker was given a task, for the `attempt`-th time.
    case assigned(Role, worker: String, attempt: Int)
    /// A worker has finished a task.
    case finished(Role, worker: String, took: Duration)
    /// A try of a task has no result.
    case failed(Role, worker: String, reason: String)

    /// A sentence for logs.
    public var description: String {
        switch self {
        case .joined(let worker, let processID): "\(worker) joined (process \(processID))"
        case .left(let worker, let reason, let roles):
            "\(worker) left: \(reason)"
                + (roles.isEmpty ? "" : "; given back: \(Self.list(roles))")
        case .assigned(let role, let worker, let attempt):
            "\(role) goes to \(worker)" + (attempt > 1 ? " (attempt \(attempt))" : "")
        case .finished(let role, let worker, let took): "\(role) done by \(worker) in \(Self.rounded(took))"
        case .failed(let role, let worker, let reason): "\(role) failed at \(worker): \(reason)"
        }
    }

    /// The first few, and how many more there are.
    private static func list(_ roles: [Role]) -> String {
        let named = roles.count > 4 ? Array(roles.prefix(3)) : roles
        let rest = roles.count - named.count
        return named.map(\.description).joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : "")
    }

    /// `0.2 ms`, `228 ms`, `1.5 s` or `83 s`
    private static func rounded(_ time: Duration) -> String {
        let milliseconds = time / .milliseconds(1)
        let (number, unit) = milliseconds < 999.5 ? (milliseconds, "ms") : (milliseconds / 1000, "s")
        let tenths = (number * 10).rounded() / 10
        return tenths < 10 ? "\(tenths) \(unit)" : "\(Int(number.rounded())) \(unit)"
    }
}

/// How a cluster stands.
public struct ClusterStatus: Hashable, Sendable {
    /// A task that runs.
    public struct Running: Hashable, Sendable {
        /// What it is.
        public var role: Role
        /// Who runs it.
        public var worker: String
        /// Iterations of its outermost loop that are done.
        public var step: Int
        /// Iterations of that loop; 0 when it has none, or has not begun.
        public var total: Int
    }

    /// The names of the workers, in the order in which they came.
    public var workers: [String]
    /// What runs.
    public var running: [Running]
    /// How many tasks wait.
    public var waiting: Int
}

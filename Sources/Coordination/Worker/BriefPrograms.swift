import Tensors

/// Programs that take next to no time, so that to hand a task to another thread and back would take longer. A value.
struct BriefPrograms: Sendable {
    /// To hand a task over takes longer than this.
    static let limit = Duration.microseconds(20)
    /// A thread that has to wait for a core takes longer once, which says nothing of the program.
    private static let mostDelays = 2

    /// How often each took longer, one time after the other, since it was brief.
    private var delays: [Hash: Int] = [:]

    /// Whether a program was brief, and so will be again, since its shapes are fixed.
    func contains(_ program: Hash) -> Bool { delays[program] != nil }

    /// Notes how long a program took.
    ///
    /// - Parameters:
    ///   - program: Its hash.
    ///   - took: How long it ran.
    ///   - isDone: Whether it ran to its end; one that was stopped or refused would have taken longer.
    mutating func note(_ program: Hash, took: Duration, isDone: Bool) {
        let known = delays[program]
        if isDone, took < Self.limit {
            if known != 0 { delays[program] = 0 }
        } else if let known {
            delays[program] = known + 1 < Self.mostDelays ? known + 1 : nil
        }
    }
}

import Synchronization

/// A running program's brake and odometer: whoever holds it can stop the outermost loop and see how far it is.
public final class RunControl: Sendable {
    private let cancelled = Atomic<Bool>(false)
    private let current = Atomic<Int>(0)
    private let total = Atomic<Int>(0)

    /// A control for one run.
    public init() {}

    /// Asks the run to stop at the next step of its outermost loop.
    public func cancel() { cancelled.store(true, ordering: .relaxed) }

    /// Whether the run was asked to stop.
    public var isCancelled: Bool { cancelled.load(ordering: .relaxed) }

    /// Steps of the outermost loop that are done, and how many there are; both 0 before it starts.
    public var progress: (step: Int, of: Int) { (current.load(ordering: .relaxed), total.load(ordering: .relaxed)) }

    package func report(step: Int, of count: Int) {
        total.store(count, ordering: .relaxed)
        current.store(step, ordering: .relaxed)
    }
}

/// Why a worker ended in good order.
public enum WorkerEnding: Hashable, Sendable {
    /// The coordinator has no more work.
    case done
    /// It was told to stop.
    case stopped
    /// No coordinator was there for as long as it waits for one.
    case alone
}

import Tensors
import Wire

/// What workers say of a task when they do not agree, or when what one says has to be confirmed.
struct Doubt {
    /// One worker's result.
    struct Vote {
        let outputs: [TensorBlob]
        let worker: WorkerID
        /// The worker's first session.
        let origin: WorkerID
    }

    /// Of each worker its last one.
    private(set) var votes: [Vote]
    /// Since when there has been nobody who could settle it, as far as it was looked at.
    var helplessSince: Instant?

    init(_ vote: Vote) { votes = [vote] }

    func hasVoted(_ origin: WorkerID) -> Bool { votes.contains { $0.origin == origin } }

    mutating func add(_ vote: Vote) {
        votes.removeAll { $0.origin == vote.origin }
        votes.append(vote)
    }

    /// Whether another worker has found the same.
    func confirms(_ vote: Vote) -> Bool {
        votes.contains { $0.origin != vote.origin && $0.outputs == vote.outputs }
    }
}

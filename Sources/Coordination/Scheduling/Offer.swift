import Tensors
import Wire

/// A task that a worker was given by an earlier coordinator.
struct Offer {
    /// The numbers under which the worker has told of it, the last one last. Coordinators number from 1 each, and messages
    /// come late and twice, so any of the last few may be the one that the worker goes by.
    private(set) var attempts: [Int]
    /// What came of it; nil while it runs.
    var outputs: [TensorBlob]?
    let since: Instant

    init(attempts: [Int], outputs: [TensorBlob]?, since: Instant) {
        self.attempts = attempts
        self.outputs = outputs
        self.since = since
    }

    mutating func note(_ attempt: Int) {
        attempts = (attempts.filter { $0 != attempt } + [attempt]).suffix(4)
    }
}

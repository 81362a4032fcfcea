/// Why one try of a task left no result.
package struct AttemptFailure: Hashable, Sendable {
    /// Whose fault it was, as far as can be told.
    package enum Cause: Hashable, Sendable {
        /// The worker was gone while the task ran there: it may have been killed, or the task may have killed it.
        case workerLost
        /// The program or an input breaks a rule: no worker would take it.
        case refused
        /// It does not fit that worker's memory.
        case tooLarge
        /// Something it needs could not be fetched, since who had it was gone.
        case missingBlob
        /// It failed while it ran.
        case execution
        /// The worker gave it back.
        case returned
        /// The worker's result is not what its program says, or not what another worker found.
        case wrongResult
    }

    /// Whose fault it was.
    package var cause: Cause
    /// Where it was tried.
    package var worker: WorkerID
    /// The first session of that worker, as the scheduler knows it.
    package var origin: WorkerID?
    /// Bytes that the task needs, where it does not fit; 0 when that is not known.
    package var neededBytes = 0
    /// What happened, for people.
    package var sentence: String

    /// A failed try.
    package init(_ cause: Cause, at worker: WorkerID, _ sentence: String) {
        self.cause = cause
        self.worker = worker
        self.sentence = sentence
    }

    /// Which worker it was, also when it came back under another session.
    var place: WorkerID { origin ?? worker }

    /// The failure as others see it.
    var withoutOrigin: AttemptFailure {
        var failure = self
        failure.origin = nil
        return failure
    }
}

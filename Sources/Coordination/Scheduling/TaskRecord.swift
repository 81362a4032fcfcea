import Tensors
import Wire

/// What the scheduler knows of a task.
struct TaskRecord {
    enum Phase: Equatable {
        /// It waits for a worker, or for its inputs.
        case waiting
        /// It runs, possibly at several workers.
        case running([WorkerID: Int])
        /// Nothing is to be done: its outputs are known, and lie somewhere or can be made again.
        case resting
    }

    let specification: TaskSpecification
    /// Its place in the queue, which it keeps when it comes back.
    let sequence: Int
    var phase: Phase = .waiting
    /// The outputs, once it was done for the first time.
    var outputs: [TensorBlob]?
    /// Those who wait for its result.
    var waiters = 0
    /// The number of the last try.
    var lastAttempt = 0
    var failures: [AttemptFailure] = []

    /// Where it does not fit.
    func excludes(_ worker: WorkerID) -> Bool {
        failures.contains { $0.worker == worker && $0.cause == .tooLarge }
    }
}

/// What the scheduler knows of a worker.
struct WorkerRecord {
    var slots: Int
    var lastHeard: Instant
    var isDraining = false
    /// What it was given and has not answered, by task.
    var running: [Hash: Int] = [:]

    var isFree: Bool { !isDraining && running.count < slots }
}

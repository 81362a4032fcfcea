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

    /// Whether its outputs are durable.
    enum Recording: Equatable {
        /// They are not meant to be, or there are none yet.
        case none
        /// The bytes of the outputs are on their way here.
        case gathering
        /// They are being written down.
        case writing
        /// They are.
        case done
    }

    let specification: TaskSpecification
    /// Its place in the queue, which it keeps when it comes back.
    let sequence: Int
    var phase: Phase = .waiting
    /// The outputs, once it was done for the first time.
    var outputs: [TensorBlob]?
    /// How its outputs were found first.
    var finding: Scheduler.Finding?
    var recording = Recording.none
    /// Who is to be told that the result is recorded, once it is: the number of the try that each of them tells of.
    var owed: [WorkerID: Int] = [:]
    /// Those who wait for its result.
    var waiters = 0
    /// The number after which its tries are numbered: no number is given twice, even if the task was known before.
    let spent: Int
    /// Who was given each try, in order, by the worker's first session.
    var tries: [WorkerID] = []
    var failures: [AttemptFailure] = []
    /// The numbers of the tries whose workers said that there is no result: nobody runs them any more.
    var failed: Set<Int> = []

    /// Whether its outputs are known, and may not be used yet.
    var isPending: Bool { recording == .gathering || recording == .writing }

    /// The number of the last try.
    var lastAttempt: Int { spent + tries.count }

    /// Whether a try was given to a worker.
    func gave(_ attempt: Attempt, to origin: WorkerID) -> Bool {
        let index = attempt.number - spent - 1
        return tries.indices.contains(index) && tries[index] == origin
    }

    /// Where it does not fit.
    func excludes(_ worker: WorkerID) -> Bool {
        failures.contains { $0.worker == worker && $0.cause == .tooLarge }
    }

    /// Whether it may be what its workers died of. It then runs alone, so that no other task is blamed with it.
    var isSuspect: Bool { failures.count { $0.cause == .workerLost } >= 2 }

    /// Where it was tried in vain, so that others have precedence.
    func wasInVain(at worker: WorkerID) -> Bool { failures.contains { $0.worker == worker } }
}

/// What the scheduler knows of a worker.
struct WorkerRecord {
    var slots: Int
    var lastHeard: Instant
    /// Its first session.
    let origin: WorkerID
    var isDraining = false
    /// What only it had when it had finished all that it ran, as far as that may still be so; the next one last. Nil before.
    var bequest: [Hash]?
    /// Whether it was told that it may go.
    var isLetGo = false
    /// Whether it comes from another coordinator, whose tasks it may hold results of.
    let isForeign: Bool
    /// Tasks that it offered, or runs, and was not given here.
    var offers: [Hash: Offer] = [:]
    /// Results that are not durable yet and that it keeps until then.
    var owed = 0
    /// What it was given although it is done there, so that it takes no slot.
    var collecting: Set<Hash> = []
    /// What it was given and has not answered, by task.
    var running: [Hash: Int] = [:]
    /// What of that it has not said to run, though its inputs are there when it is done.
    var unannounced: Set<Hash> = []
    /// Parked tasks that could run here with what it had when they were noted; by sequence.
    var near = TaskQueue()

    /// It has answered a task, or need not.
    mutating func letGo(of task: Hash) {
        running[task] = nil
        unannounced.remove(task)
        collecting.remove(task)
    }

    /// How many more tasks it takes.
    var freeSlots: Int { isDraining ? 0 : max(slots + collecting.count - running.count, 0) }
}

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

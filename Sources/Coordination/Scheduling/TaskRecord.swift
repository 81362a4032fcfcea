import Tensors
import Wire

/// What the scheduler knows of a task.
struct TaskRecord {
    enum Phase: Equatable {
        /// It waits for a worker, or for its inputs.
        case waiting
        /// It runs, possibly at several workers.
        case running(Places)
        /// Nothing is to be done: its outputs are known, and lie somewhere or can be made again.
        case resting
    }

    /// The workers at which it runs, with the number of the try of each.
    struct Places: Equatable {
        private struct Place: Equatable {
            let worker: WorkerID
            let attempt: Int
        }

        private var places: Few<Place> = []

        var count: Int { places.count }
        var isEmpty: Bool { places.isEmpty }
        var workers: [WorkerID] { places.map(\.worker) }
        /// By worker.
        var sorted: [(worker: WorkerID, attempt: Int)] {
            places.map { ($0.worker, $0.attempt) }.sorted { $0.worker < $1.worker }
        }

        /// The number of the try of a worker; nil when it does not run there.
        subscript(worker: WorkerID) -> Int? {
            get { places.first { $0.worker == worker }?.attempt }
            set {
                places.removeAll { $0.worker == worker }
                if let newValue { places.append(Place(worker: worker, attempt: newValue)) }
            }
        }
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
    /// Who found them, by the worker's first session.
    var finder: WorkerID?
    /// Whether a result counts also when numbers are not finite, since nobody can confirm it.
    var isUndoubted = false
    var recording = Recording.none
    /// Who is to be told that the result is recorded, once it is: the number of the try that each of them tells of.
    var owed: [WorkerID: Int] = [:]
    /// Those who wait for its result.
    var waiters = 0
    /// The number after which its tries are numbered: no number is given twice, even if the task was known before.
    let spent: Int
    /// Who was given each try, in order, by the worker's first session.
    var tries: Few<WorkerID> = []
    /// How many of them were taken back before they began.
    var unbegun = 0
    var failures: [AttemptFailure] = []
    /// The numbers of the tries whose workers have answered: nobody runs them any more, whatever comes late.
    var answered: Few<Int> = []
    /// When it may be tried once more.
    var notBefore: Instant?
    /// How long it has run, at all workers together.
    var exposure: Duration = .zero
    /// Whether it is held to have killed workers, the last of which may yet come back.
    var isAccused = false
    /// What had been seen of workers when it was given to one for the first time.
    var attendanceBefore: Attendance.SoFar?

    /// Whether nothing is to be done.
    var isResting: Bool {
        if case .resting = phase { true } else { false }
    }

    /// Where it runs.
    var places: Places {
        if case .running(let places) = phase { places } else { Places() }
    }

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
    var isSuspect: Bool { count(.workerLost) >= 2 }

    /// Where it was tried in vain, so that others have precedence.
    func wasInVain(at origin: WorkerID) -> Bool { failures.contains { $0.place == origin } }

    /// How many tries failed for some causes.
    func count(_ causes: AttemptFailure.Cause...) -> Int { failures.count { causes.contains($0.cause) } }
}

package import Tensors
package import Wire

extension Scheduler {
    /// Something that the scheduler is told.
    package enum Event: Sendable {
        // What the recipe wants
        /// Somebody waits for the result of a task. Its inputs are known, or given: their bytes are here.
        case submitted(TaskSpecification, given: [Hash])
        /// One who waited for a task does so no more.
        case abandoned(Hash)
        /// Somebody keeps a blob in the cluster, whose bytes are here; it is used until it is released.
        case shared(TensorBlob)
        /// Somebody waits for the bytes of a blob.
        case wanted(Hash)
        /// One use of each of these blobs, such as a handle, is over.
        case released([Hash])
        // Workers
        /// A worker was admitted, where each task may use so many bytes (0: any number), and that may be silent for longer than
        /// is usual; it may be one that was here before, under another session.
        case joined(WorkerID, slots: Int, memory: Int = 0, silence: Duration? = nil, after: WorkerID? = nil)
        /// A worker lives, and these are the attempts that it runs.
        case heard(WorkerID, running: [Attempt])
        /// The way to a worker has become longer or shorter, and so has the time that it may be silent.
        case awaited(WorkerID, silence: Duration)
        /// A worker takes no new task.
        case draining(WorkerID)
        /// A worker is gone.
        case left(WorkerID, because: Departure)
        // Tasks
        /// All inputs of a task are at the worker, and it runs.
        case started(Attempt, by: WorkerID)
        /// A task is done. Outputs that are `stored` came along. It ran for so long, if that is known; and all numbers
        /// that were seen are finite, or not.
        case finished(
            Attempt,
            by: WorkerID,
            outputs: [TensorBlob],
            stored: Set<Hash>,
            took: Duration? = nil,
            isFinite: Bool = true
        )
        /// A task has no result.
        case failed(Attempt, AttemptFailure)
        // The journal
        /// These results are durable.
        case journaled([Hash])
        /// What was written down of a task's result is no longer there.
        case erased(Hash)
        /// The result of a task was found in the journal, and nobody will ask for it again.
        case settled(Hash)
        // Blobs
        /// The bytes of a blob are here, and stay while it is used.
        case stored(Hash)
        /// A worker does not have a blob that it was asked for, or sent another.
        case notFound(Hash, at: WorkerID)
        /// Time has passed.
        case tick
    }

    /// Something that has to be done.
    package enum Action: Hashable, Sendable {
        /// Have a worker run a task. Each of its inputs is here or at that worker.
        case assign(Attempt, to: WorkerID)
        /// Make a result durable, and tell when it is. The bytes of its outputs are here, and stay until then.
        case journal(Finding)
        /// Write the result that was to be made durable not down after all, or erase it, and tell when it is gone.
        case erase(Hash)
        /// A result counts that will not be durable.
        case unrecorded(Hash)
        /// Tell a worker that its result is recorded, or not needed.
        case accept(Attempt, from: WorkerID)
        /// Tell a worker that a result is no longer wanted.
        case cancel(Attempt, at: WorkerID)
        /// Give all who wait for a task its outputs; each of them is then used once more by each of them.
        case deliver(Hash, outputs: [TensorBlob])
        /// Tell all who wait for a task that there is no result.
        case fail(TaskSpecification, [AttemptFailure])
        /// Workers found different results of one task, which cannot be.
        case contradict(TaskSpecification, between: [WorkerID])
        /// A worker was wrong, and gets no more work. It is dismissed next.
        case bar(WorkerID, because: Misdeed)
        /// A task waits and fits none of the workers that are here, though one that was here was large enough: it needs so
        /// many bytes.
        case strand(TaskSpecification, need: Int)
        /// The result of a task that counts already is wrong: two workers found another one.
        case condemn(TaskSpecification)
        /// Get a blob from a worker.
        case fetch(TensorBlob, from: WorkerID)
        /// Give all who wait for a blob its bytes.
        case provide(Hash)
        /// Tell all who wait for a blob that it is nowhere, and why.
        case lose(Hash, because: String)
        /// Forget the bytes of a blob.
        case forget(Hash)
        /// Tell a worker that drains that it may go: nothing is lost with it.
        case letGo(WorkerID)
        /// Tell a worker to forget blobs.
        case release([Hash], at: WorkerID)
        /// A worker is gone, and these tasks are to be done elsewhere.
        case dismiss(WorkerID, because: Departure, givenBack: [Attempt])
    }

    /// A result, and how it came about.
    package struct Finding: Hashable, Sendable {
        /// The task.
        package var task: TaskSpecification
        /// Its outputs, in the program's order.
        package var outputs: [TensorBlob]
        /// Which try found it.
        package var attempt: Int
        /// Who found it.
        package var worker: WorkerID
        /// How long the program ran there, as far as known.
        package var took: Duration?
    }

    /// Why a worker is gone.
    package enum Departure: Hashable, Sendable {
        /// Its connection ended.
        case disconnected
        /// It said so.
        case goodbye
        /// Nothing was heard from it for too long.
        case silent
        /// It was wrong.
        case barred

        /// Whether it may have died of what it ran.
        var isLoss: Bool { self == .disconnected || self == .silent }
    }

    /// Why a worker gets no more work.
    package enum Misdeed: Hashable, Sendable {
        /// Others found the same result of a task, and it another one.
        case alone(TaskSpecification)
        /// Its results do not have the types that their programs say, again and again.
        case wrongResults
    }
}

/// One try of a task.
package struct Attempt: Hashable, Sendable {
    /// The task's hash.
    package var task: Hash
    /// Which try it is, from 1.
    package var number: Int

    /// A try.
    package init(_ task: Hash, _ number: Int) {
        self.task = task
        self.number = number
    }
}

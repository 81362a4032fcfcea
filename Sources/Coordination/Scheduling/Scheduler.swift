package import Tensors
package import Wire

/// Decides who computes what, and what is kept where. A value: events and the time go in, actions come out.
///
/// Tasks are pure functions of their inputs, named by hash. So a task whose worker is gone is run again; the first result
/// counts and later ones must equal it; a blob that was lost is made again by the task that made it. A task is queued by
/// when it was first submitted, and keeps its place when it comes back.
package struct Scheduler: Sendable {
    /// When the scheduler gives up, and how patient it is before.
    package struct Limits: Hashable, Sendable {
        /// Silence after which a worker is gone, unless it was said of it that it may be silent for longer. Where the
        /// way is short, one that says every half second that it lives is heard within 1.9 s, even if a packet is lost three
        /// times (see `Patience`); and 2 s after its way was cut it has been missed.
        package var silence: Duration = .milliseconds(1_950)
        /// Tries of a task that may fail while they run: at so many workers, or where there are fewer, so often.
        package var failures = 3
        /// Workers that a task must have lost before it is taken to have killed them, if it can hardly be chance.
        package var losses = 3
        /// How improbable such losses are where tasks kill nobody. A false alarm ends a job, so it should be very rare.
        package var chance = 1e-6
        /// How long the last of them is waited for before the task is given up: if only its connection broke, it comes back,
        /// and was not killed. Longer than a worker pauses between two attempts to connect.
        package var returnPatience: Duration = .seconds(5)
        /// Workers after whose loss a task is taken to have killed them in any case.
        package var mostLosses = 20
        /// Tries that may end because something was missing, and because the worker gave the task back.
        package var absences = 30
        package var returns = 100
        /// How long a task waits before it is tried once more: each time twice as long, from the second failed try on.
        package var backOff: ClosedRange<Duration> = .milliseconds(500) ... .seconds(5)
        /// Failed tries in a row after which a worker gets nothing for a while.
        package var failuresInARow = 3
        /// How long that is: each time twice as long.
        package var rest: ClosedRange<Duration> = .seconds(1) ... .seconds(60)
        /// Results with other types than their programs have, after which a worker gets no more work.
        package var wrongResults = 3
        /// How long a task about which there is doubt waits for a worker that could settle it.
        package var doubtPatience: Duration = .seconds(5)
        /// Works that a worker is given at most beyond its slots, and the time that they take, so that it need not wait for
        /// the network.
        package var ahead = 63
        package var stock: Duration = .milliseconds(20)
        /// A task that runs for so many times as long as its like, and at least so long, is raced by a second try.
        package var raceFactor = 3
        package var raceFloor: Duration = .seconds(1)
        /// The same for one whose like has never ended.
        package var raceDeadline: Duration = .seconds(60)
        /// The largest output that is written down, in bytes; a result with a larger one is not.
        package var recordedBytes = 1 << 29
        /// The bytes from which on an input is worth that a task follows it to the worker that made it, ahead of older tasks: more
        /// than one piece carries. To send less takes no time to speak of.
        package var followedBytes = 256 << 10
        /// How long a task waits for the return of a worker that was large enough for it, when no other is.
        package var memoryPatience: Duration = .seconds(600)
        /// Workers that are gone and would be recognised if they came back.
        package var remembered = 4_096
        /// Results of an earlier coordinator's tasks that a worker is let keep until somebody asks for them, and for how long.
        package var offers = 4_096
        package var offerPatience: Duration = .seconds(3_600)

        /// The defaults.
        package init() {}
    }

    let limits: Limits
    /// Whether results can be made durable.
    let isRecording: Bool
    var workers = Table<WorkerID, WorkerRecord>()
    var tasks = Table<Hash, TaskRecord>()
    var blobs = Table<Hash, BlobRecord>()
    /// Tasks that wait for a worker, whose inputs are all here; by sequence.
    var ready = TaskQueue()
    /// Up to which sequence nothing that is ready is for a worker, until others come or are to go, a task fails, or one needs
    /// less than was thought. Those are not among them for whom there is something first of all, as there is for nearly all.
    var passedOver: [WorkerID: Int] = [:]
    /// Tasks that wait for a worker and have inputs that are not here; by sequence.
    var parked = TaskQueue()
    /// The parked tasks by the inputs that were not here when they were parked.
    var parkedByInput: [Hash: Set<Hash>] = [:]
    /// Tasks that wait until they are tried once more, and until when.
    var delayed: [Hash: Instant] = [:]
    /// Tasks that were suspect at some time.
    var suspects: Set<Hash> = []
    /// Tasks of which workers found different results, or one that has to be confirmed.
    var doubts: [Hash: Doubt] = [:]
    /// What is known of programs that ran.
    var experience = Experience()
    /// Workers that may have free slots; all that do are among them.
    var idle = WorkerSet()
    /// Workers that may take tasks ahead; all that do are among them.
    var hungry = WorkerSet()
    /// Workers that have tasks ahead.
    var stocked = WorkerSet()
    /// Workers that drain.
    var draining = WorkerSet()
    /// Workers that get nothing for a while.
    var resting: Set<WorkerID> = []
    /// Workers that were wrong, by their first sessions, with what they did.
    var barred: [WorkerID: Misdeed] = [:]
    /// Workers that were found to be wrong while the present event was handled.
    var misdeeds: [(worker: WorkerID, misdeed: Misdeed)] = []
    /// The bytes that a task might use at a worker that is gone, larger than those that are here, and until when it is
    /// waited for, in time awake.
    var missed: (memory: Int, until: Instant)?
    /// How long workers have been here, and how many were lost.
    var attendance = Attendance()
    /// Workers that are gone and may come back.
    var absentees = Absentees()
    /// The tasks whose results are written down once a blob is here.
    var gathering: [Hash: [Hash]] = [:]
    /// Tasks of which a wrong result is being written down, or erased.
    var erasing: Set<Hash> = []
    /// Who offered the result of a task without being asked.
    var offers: [Hash: [WorkerID]] = [:]
    /// Tasks whose results are durable.
    var settled: Set<Hash> = []
    var now = Instant(nanoseconds: 0)
    /// The time that has passed while somebody looked: that of a machine that was suspended does not count.
    var awake = Instant(nanoseconds: 0)
    private var submissions = 0
    /// The highest number of a try of any task that was forgotten.
    var spent = 0
    var actions: [Action] = []
    /// How often a waiting task was looked at, to find one for a worker: what takes most time where many wait.
    var lookCount = 0
    /// Whether nothing has happened since the last dispatch that could let another task run.
    var isDispatched = true

    /// A scheduler without workers and tasks.
    ///
    /// - Parameters:
    ///   - limits: When it gives up.
    ///   - isRecording: Whether there is a journal, in which the results of recorded tasks are made durable.
    package init(limits: Limits = Limits(), isRecording: Bool = false) {
        self.limits = limits
        self.isRecording = isRecording
    }

    /// Takes note of something, and says what is to be done about it, in order.
    package mutating func handle(_ event: Event, at now: Instant) -> [Action] {
        actions.removeAll(keepingCapacity: true)
        isDispatched = false
        awake = awake.advanced(by: min(self.now.duration(to: now), limits.silence))
        self.now = now
        switch event {
        case .submitted(let specification, let given): submit(specification, given: given)
        case .abandoned(let task): abandon(task)
        case .shared(let blob):
            blobs.update(blob.name, orAdd: BlobRecord(blob)) { $0.uses += 1 }
            give(blob.name)
        case .wanted(let blob): want(blob)
        case .released(let blobs): for blob in blobs { release(blob, 1) }
        case .joined(let worker, let slots, let memory, let silence, let previous):
            admit(worker, slots: slots, memory: memory, silence: silence ?? limits.silence, after: previous)
        case .heard(let worker, let running): hear(worker, running)
        case .awaited(let worker, let silence): workers.update(worker) { $0.silence = silence }
        case .draining(let worker):
            workers.update(worker) { $0.isDraining = true }
            if workers[worker] != nil { draining.insert(worker) }
            passedOver = [:]
        case .left(let worker, let departure): remove(worker, because: departure)
        case .started(let attempt, let worker): start(attempt, by: worker)
        case .finished(let attempt, let worker, let outputs, let stored, let took, let isFinite):
            workers.update(worker) { $0.lastHeard = now }
            finish(attempt, by: worker, outputs: outputs, stored: stored, took: took, isFinite: isFinite)
        case .failed(let attempt, let failure): fail(attempt, failure)
        case .journaled(let tasks): for task in tasks { conclude(task) }
        case .erased(let task):
            erasing.remove(task)
            journalIfGathered(task)
        case .settled(let task): settle(task)
        case .stored(let blob): store(blob)
        case .notFound(let blob, let worker): miss(blob, at: worker)
        case .tick:
            isDispatched = true
            passedOver = [:]
            dismissSilent()
            declineOldOffers()
            endRests()
            stopMissing()
            retryDelayed()
            reviewDoubts()
        }
        dismissWrong()
        if !isDispatched { dispatch() }
        if case .tick = event { raceStragglers() }
        letDrainedWorkersGo()
        keepWhatIsStored()
        return actions
    }

    /// Bytes that were let go of and came along with the same event, as when a wrong result shares an output with the right one
    /// that replaces it, stay.
    private mutating func keepWhatIsStored() {
        let blobs = blobs
        actions.removeAll { action in
            guard case .forget(let blob) = action else { return false }
            return blobs.look(blob) { $0.isStored } ?? false
        }
    }

    // MARK: What others may know

    /// What a task is; nil when nothing can need it any more.
    package func specification(of task: Hash) -> TaskSpecification? { tasks.look(task) { $0.specification } }

    /// Whether a blob is known, so that a task may name it.
    package func knows(_ blob: Hash) -> Bool { blobs.contains(blob) }

    /// Whether a task is known and no result of it is durable, or one is being erased: what stands in the journal may be wrong.
    package func isUnsettled(_ task: Hash) -> Bool {
        erasing.contains(task) || tasks.look(task) { $0.recording != .done } ?? false
    }

    /// How many times a task was given to somebody, unless it was taken back before it began.
    package func tries(of task: Hash) -> Int { tasks[task].map { $0.tries.count - $0.unbegun } ?? 0 }

    /// Whether a result, or a failure, of this worker would make a difference.
    package func expects(_ attempt: Attempt, from worker: WorkerID) -> Bool {
        guard let origin = workers.look(worker, { $0.origin }) else { return false }
        return tasks.look(attempt.task) { !$0.isResting && $0.gave(attempt, to: origin) } ?? false
    }

    /// The tensor of a blob that is known.
    package func tensor(_ blob: Hash) -> TensorBlob? { blobs[blob]?.blob }

    /// Whether the bytes of a blob are here.
    package func isStored(_ blob: Hash) -> Bool { blobs.look(blob) { $0.isStored } ?? false }

    /// Whether a worker has a blob.
    package func holds(_ worker: WorkerID, _ blob: Hash) -> Bool {
        blobs.look(blob) { $0.holders.contains(worker) } ?? false
    }

    /// Whether a worker takes no new task.
    package func isDraining(_ worker: WorkerID) -> Bool { workers.look(worker) { $0.isDraining } ?? false }

    /// How long tasks of a program usually run; nil while that is not known.
    package func usualTime(of program: Hash) -> Duration? { experience.usualTime(of: program) }

    /// Workers that take part.
    package var workerCount: Int { workers.count }

    /// Tasks that wait for a worker.
    package var waitingCount: Int { ready.count + parked.count + delayed.count }

    /// What runs, by worker and then by task.
    package var running: [(worker: WorkerID, attempt: Attempt)] {
        workers.keys.sorted().flatMap { worker in
            (workers[worker]?.running ?? [:]).sorted { $0.key < $1.key }
                .map { (worker: worker, attempt: Attempt($0.key, $0.value)) }
        }
    }

    /// Whether nothing is known any more but workers.
    package var isEmpty: Bool {
        tasks.isEmpty && blobs.isEmpty && waitingCount == 0 && doubts.isEmpty && erasing.isEmpty
    }

    // MARK: What the recipe wants

    private mutating func submit(_ specification: TaskSpecification, given: [Hash]) {
        let task = specification.task
        if let known = tasks.look(task, { (outputs: $0.outputs, isPending: $0.isPending) }) {
            // Whoever submits it again has brought the same inputs.
            if let outputs = known.outputs, !known.isPending {
                deliver(outputs, of: task, to: 1)
            } else {
                tasks.update(task) { $0.waiters += 1 }
            }
            for blob in given { give(blob) }
            return
        }
        submissions += 1
        var record = TaskRecord(specification: specification, sequence: submissions, spent: spent)
        record.waiters = 1
        tasks[task] = record
        for input in specification.distinctInputs {
            blobs.update(input.name, orAdd: BlobRecord(input)) { blob in
                blob.dependants += 1
                blob.uses += 1
            }
        }
        for blob in given { give(blob) }
        queue(task)
    }

    /// Gives all who wait for a task its outputs.
    mutating func deliver(_ outputs: [TensorBlob], of task: Hash) {
        let waiters = tasks.update(task) { record in
            defer { record.waiters = 0 }
            return record.waiters
        }
        deliver(outputs, of: task, to: waiters ?? 0)
    }

    /// Gives people the outputs of a task, which they use from now on.
    private mutating func deliver(_ outputs: [TensorBlob], of task: Hash, to waiters: Int) {
        for output in outputs {
            blobs.update(output.name, orAdd: BlobRecord(output, producer: task)) { $0.uses += waiters }
        }
        actions.append(.deliver(task, outputs: outputs))
    }

    private mutating func abandon(_ task: Hash) {
        guard let record = tasks[task], record.waiters > 0 else { return }
        tasks.update(task) { $0.waiters -= 1 }
        // A result that is there is kept: somebody may ask for it again.
        guard record.waiters == 1, record.outputs == nil else { return }
        setAside(task)
        forget(task)
    }
}

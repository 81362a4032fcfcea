package import Tensors
package import Wire

/// Decides who computes what, and what is kept where. A value: events and the time go in, actions come out.
///
/// Tasks are pure functions of their inputs, named by hash. So a task whose worker is gone is run again; the first result
/// counts and later ones must equal it; a blob that was lost is made again by the task that made it. A task is queued by
/// when it was first submitted, and keeps its place when it comes back.
package struct Scheduler: Sendable {
    /// When the scheduler gives up.
    package struct Limits: Hashable, Sendable {
        /// Silence after which a worker is gone.
        package var silence: Duration = .seconds(2)
        /// Tries of a task that may fail while they run.
        package var failures = 3
        /// Workers that may be lost while they run a task, before it is taken to have killed them.
        package var losses = 20
        /// Tries that may end because something was missing or the worker gave the task back.
        package var returns = 100
        /// The largest output that is written down, in bytes; a result with a larger one is not.
        package var recordedBytes = 1 << 29
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
    var workers: [WorkerID: WorkerRecord] = [:]
    var tasks: [Hash: TaskRecord] = [:]
    var blobs: [Hash: BlobRecord] = [:]
    /// Tasks that wait for a worker, whose inputs are all here; by sequence.
    var ready = TaskQueue()
    /// Tasks that wait for a worker and have inputs that are not here; by sequence.
    var parked = TaskQueue()
    /// The parked tasks by the inputs that were not here when they were parked.
    var parkedByInput: [Hash: Set<Hash>] = [:]
    /// Tasks that were suspect at some time.
    var suspects: Set<Hash> = []
    /// Workers that are gone and may come back.
    var absentees = Absentees()
    /// The tasks whose results are written down once a blob is here.
    var gathering: [Hash: [Hash]] = [:]
    /// Who offered the result of a task without being asked.
    var offers: [Hash: [WorkerID]] = [:]
    /// Tasks whose results are durable.
    var settled: Set<Hash> = []
    var now = Instant(nanoseconds: 0)
    private var submissions = 0
    /// The highest number of a try of any task that was forgotten.
    var spent = 0
    var actions: [Action] = []
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
        actions = []
        isDispatched = false
        self.now = now
        switch event {
        case .submitted(let specification, let given): submit(specification, given: given)
        case .abandoned(let task): abandon(task)
        case .shared(let blob):
            blobs[blob.name, default: BlobRecord(blob)].uses += 1
            store(blob.name)
        case .wanted(let blob): want(blob)
        case .released(let blob): release(blob, 1)
        case .joined(let worker, let slots, let previous): admit(worker, slots: slots, after: previous)
        case .heard(let worker, let running): hear(worker, running)
        case .draining(let worker): workers[worker]?.isDraining = true
        case .left(let worker, let departure): remove(worker, because: departure)
        case .started(let attempt, let worker): start(attempt, by: worker)
        case .finished(let attempt, let worker, let outputs, let stored, let took):
            workers[worker]?.lastHeard = now
            finish(attempt, by: worker, outputs: outputs, stored: stored, took: took)
        case .failed(let attempt, let failure): fail(attempt, failure)
        case .journaled(let tasks): for task in tasks { conclude(task) }
        case .settled(let task): settle(task)
        case .stored(let blob): store(blob)
        case .notFound(let blob, let worker): miss(blob, at: worker)
        case .tick:
            dismissSilent()
            declineOldOffers()
        }
        if !isDispatched { dispatch() }
        letDrainedWorkersGo()
        return actions
    }

    // MARK: What others may know

    /// What a task is; nil when nothing can need it any more.
    package func specification(of task: Hash) -> TaskSpecification? { tasks[task]?.specification }

    /// Whether a blob is known, so that a task may name it.
    package func knows(_ blob: Hash) -> Bool { blobs[blob] != nil }

    /// How many times a task was given to somebody.
    package func tries(of task: Hash) -> Int { tasks[task]?.tries.count ?? 0 }

    /// Whether a result, or a failure, of this worker would make a difference.
    package func expects(_ attempt: Attempt, from worker: WorkerID) -> Bool {
        guard let record = tasks[attempt.task], let origin = workers[worker]?.origin else { return false }
        return record.phase != .resting && record.gave(attempt, to: origin)
    }

    /// The tensor of a blob that is known.
    package func tensor(_ blob: Hash) -> TensorBlob? { blobs[blob]?.blob }

    /// Whether the bytes of a blob are here.
    package func isStored(_ blob: Hash) -> Bool { blobs[blob]?.isStored ?? false }

    /// Whether a worker has a blob.
    package func holds(_ worker: WorkerID, _ blob: Hash) -> Bool { blobs[blob]?.holders.contains(worker) ?? false }

    /// Whether a worker takes no new task.
    package func isDraining(_ worker: WorkerID) -> Bool { workers[worker]?.isDraining ?? false }

    /// Tasks that wait for a worker.
    package var waitingCount: Int { ready.count + parked.count }

    /// What runs, by worker and then by task.
    package var running: [(worker: WorkerID, attempt: Attempt)] {
        workers.keys.sorted().flatMap { worker in
            (workers[worker]?.running ?? [:]).sorted { $0.key < $1.key }
                .map { (worker: worker, attempt: Attempt($0.key, $0.value)) }
        }
    }

    /// Whether nothing is known any more but workers.
    package var isEmpty: Bool { tasks.isEmpty && blobs.isEmpty && ready.count == 0 && parked.count == 0 }

    // MARK: What the recipe wants

    private mutating func submit(_ specification: TaskSpecification, given: Set<Hash>) {
        let task = specification.task
        if let known = tasks[task] {
            // Whoever submits it again has brought the same inputs.
            if let outputs = known.outputs, !known.isPending {
                deliver(outputs, of: task, to: 1)
            } else {
                tasks[task]?.waiters += 1
            }
        } else {
            submissions += 1
            var record = TaskRecord(specification: specification, sequence: submissions, spent: spent)
            record.waiters = 1
            tasks[task] = record
            for input in specification.distinctInputs {
                blobs[input.name, default: BlobRecord(input)].dependants += 1
            }
            enqueue(task)
        }
        for blob in given.sorted() { store(blob) }
    }

    /// Gives all who wait for a task its outputs.
    mutating func deliver(_ outputs: [TensorBlob], of task: Hash) {
        let waiters = tasks[task]?.waiters ?? 0
        tasks[task]?.waiters = 0
        deliver(outputs, of: task, to: waiters)
    }

    /// Gives people the outputs of a task, which they use from now on.
    private mutating func deliver(_ outputs: [TensorBlob], of task: Hash, to waiters: Int) {
        for output in outputs { blobs[output.name, default: BlobRecord(output, producer: task)].uses += waiters }
        actions.append(.deliver(task, outputs: outputs))
    }

    private mutating func abandon(_ task: Hash) {
        guard let record = tasks[task], record.waiters > 0 else { return }
        tasks[task]?.waiters -= 1
        // A result that is there is kept: somebody may ask for it again.
        guard record.waiters == 1, record.outputs == nil else { return }
        setAside(task)
        forget(task)
    }

    // MARK: Queue

    /// Puts a task into the queue; its inputs are used from now on.
    mutating func enqueue(_ task: Hash) {
        guard let record = tasks[task] else { return }
        tasks[task]?.phase = .waiting
        for input in record.specification.distinctInputs { blobs[input.name]?.uses += 1 }
        queue(task)
    }

    private func isReady(_ specification: TaskSpecification) -> Bool {
        specification.inputs.allSatisfy { blobs[$0.name]?.isStored ?? false }
    }

    private mutating func queue(_ task: Hash) {
        guard let record = tasks[task] else { return }
        if let worker = offers[task]?.first { return collect(task, from: worker) }
        if isReady(record.specification) {
            ready.insert(task, at: record.sequence)
        } else {
            parked.insert(task, at: record.sequence)
            for input in record.specification.distinctInputs where blobs[input.name]?.isStored != true {
                parkedByInput[input.name, default: []].insert(task)
            }
            noteNear(task)
        }
    }

    mutating func unqueue(_ task: Hash) {
        guard let record = tasks[task] else { return }
        ready.remove(record.sequence)
        guard parked.contains(record.sequence) else { return }
        parked.remove(record.sequence)
        for input in record.specification.distinctInputs {
            parkedByInput[input.name]?.remove(task)
            if parkedByInput[input.name]?.isEmpty ?? false { parkedByInput[input.name] = nil }
        }
    }

    /// Notes a parked task with those workers that have all of its inputs that are not here.
    private mutating func noteNear(_ task: Hash) {
        guard let record = tasks[task] else { return }
        let missing = record.specification.inputs.first { blobs[$0.name]?.isStored != true }
        for worker in missing.flatMap({ blobs[$0.name]?.holders }) ?? [] where hasInputs(of: task, worker) {
            workers[worker]?.near.insert(task, at: record.sequence)
        }
    }

    /// The bytes of a blob are here, or somebody else has them.
    mutating func advanceParked(for blob: Hash) {
        for task in parkedByInput[blob] ?? [] {
            guard let record = tasks[task] else { continue }
            if isReady(record.specification) {
                unqueue(task)
                ready.insert(task, at: record.sequence)
            } else {
                noteNear(task)
            }
        }
    }

    /// Takes a task out of the queue or away from its workers; its inputs are no longer used.
    mutating func setAside(_ task: Hash) {
        guard let record = tasks[task] else { return }
        switch record.phase {
        case .resting: return
        case .waiting: unqueue(task)
        case .running(let places):
            for (worker, attempt) in places.sorted(by: { $0.key < $1.key }) {
                workers[worker]?.letGo(of: task)
                actions.append(.cancel(Attempt(task, attempt), at: worker))
            }
        }
        tasks[task]?.phase = .resting
        for input in record.specification.distinctInputs { release(input.name, 1) }
    }

    /// Gives free workers something to do, and has brought here what the rest of the queue needs while somebody is idle.
    private mutating func dispatch() {
        var isDone = false
        while !isDone {
            assignWhatCanRun()
            let count = waitingCount
            obtainInputs(for: workers.keys.reduce(0) { $0 + freeSlots(of: $1) })
            // What has to be run again for that is new in the queue.
            isDone = waitingCount == count
        }
    }

    /// Has brought here what the first parked tasks need: as many at a time as could run, since all of it lies in memory.
    private mutating func obtainInputs(for slots: Int) {
        guard slots > 0 else { return }
        var count = 0
        for (task, _) in parked.elements {
            var isOnItsWay = false
            for input in tasks[task]?.specification.distinctInputs ?? [] {
                obtain(input.name)
                if blobs[input.name]?.source != nil { isOnItsWay = true }
            }
            if isOnItsWay { count += 1 }
            if count == slots { return }
        }
    }

    /// First what lies near a worker, then what has waited longest.
    private mutating func assignWhatCanRun() {
        guard waitingCount > 0 else { return }
        for worker in workers.keys.sorted() {
            while freeSlots(of: worker) > 0 {
                guard let task = nearest(to: worker) ?? ready.first(where: { admits($0, worker) }) else { break }
                assign(task, to: worker)
            }
        }
    }

    /// How many more tasks a worker takes; none beside a suspect.
    private func freeSlots(of worker: WorkerID) -> Int {
        guard let record = workers[worker], record.freeSlots > 0 else { return 0 }
        let isReserved = !suspects.isEmpty && record.running.keys.contains { tasks[$0]?.isSuspect ?? false }
        return isReserved ? 0 : record.freeSlots
    }

    private mutating func nearest(to worker: WorkerID) -> Hash? {
        for (task, sequence) in workers[worker]?.near.elements ?? [] {
            if parked.contains(sequence), hasInputs(of: task, worker) {
                if admits(task, worker) { return task }
            } else {
                workers[worker]?.near.remove(sequence)
            }
        }
        return nil
    }

    /// Whether each input of a task is here or at the worker.
    private func hasInputs(of task: Hash, _ worker: WorkerID) -> Bool {
        tasks[task]?.specification.inputs.allSatisfy { input in
            guard let blob = blobs[input.name] else { return false }
            return blob.isStored || blob.holders.contains(worker)
        } ?? false
    }

    /// Whether a task may fit at a worker, and was not tried there in vain while others have not tried it. A suspect needs
    /// the worker for itself.
    private func admits(_ task: Hash, _ worker: WorkerID) -> Bool {
        guard let record = tasks[task], !record.excludes(worker) else { return false }
        if record.isSuspect, workers[worker]?.running.isEmpty != true { return false }
        guard record.wasInVain(at: worker) else { return true }
        return !workers.contains { !$0.value.isDraining && !record.wasInVain(at: $0.key) }
    }

    mutating func assign(_ task: Hash, to worker: WorkerID) {
        unqueue(task)
        guard var record = tasks[task], let origin = workers[worker]?.origin else { return }
        record.tries.append(origin)
        record.phase = .running([worker: record.lastAttempt])
        tasks[task] = record
        workers[worker]?.running[task] = record.lastAttempt
        if workers[worker]?.collecting.contains(task) == false { workers[worker]?.unannounced.insert(task) }
        for input in record.specification.distinctInputs { blobs[input.name]?.reach(worker) }
        actions.append(.assign(Attempt(task, record.lastAttempt), to: worker))
    }

    // MARK: Coming back

    /// Takes an attempt away from a worker, and queues the task again unless it also runs elsewhere.
    ///
    /// - Returns: whether the attempt ran there.
    @discardableResult
    mutating func takeBack(_ attempt: Attempt, from worker: WorkerID) -> Bool {
        guard workers[worker]?.running[attempt.task] == attempt.number else { return false }
        workers[worker]?.letGo(of: attempt.task)
        guard case .running(var places) = tasks[attempt.task]?.phase else { return true }
        places[worker] = nil
        if places.isEmpty {
            tasks[attempt.task]?.phase = .waiting
            queue(attempt.task)
        } else {
            tasks[attempt.task]?.phase = .running(places)
        }
        return true
    }
}

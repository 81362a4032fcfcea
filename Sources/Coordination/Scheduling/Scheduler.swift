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
        package var losses = 5
        /// Tries that may end because something was missing or the worker gave the task back.
        package var returns = 100

        /// The defaults.
        package init() {}
    }

    let limits: Limits
    var workers: [WorkerID: WorkerRecord] = [:]
    var tasks: [Hash: TaskRecord] = [:]
    var blobs: [Hash: BlobRecord] = [:]
    /// Tasks that wait for a worker, whose inputs are all here; by sequence.
    var ready = TaskQueue()
    /// Tasks that wait for a worker and have inputs that are not here; by sequence.
    var parked = TaskQueue()
    private var submissions = 0
    var actions: [Action] = []

    /// A scheduler without workers and tasks.
    package init(limits: Limits = Limits()) { self.limits = limits }

    /// Takes note of something, and says what is to be done about it, in order.
    package mutating func handle(_ event: Event, at now: Instant) -> [Action] {
        actions = []
        switch event {
        case .submitted(let specification, let given): submit(specification, given: given)
        case .abandoned(let task): abandon(task)
        case .shared(let blob):
            blobs[blob.name, default: BlobRecord(blob)].uses += 1
            store(blob.name)
        case .wanted(let blob): want(blob)
        case .released(let blob): release(blob, 1)
        case .joined(let worker, let slots): workers[worker] = WorkerRecord(slots: slots, lastHeard: now)
        case .heard(let worker, let running): hear(worker, running, now)
        case .draining(let worker): workers[worker]?.isDraining = true
        case .left(let worker, let departure): remove(worker, because: departure)
        case .started(let attempt, let worker): start(attempt, by: worker)
        case .finished(let attempt, let worker, let outputs, let stored):
            workers[worker]?.lastHeard = now
            finish(attempt, by: worker, outputs: outputs, stored: stored)
        case .failed(let attempt, let failure): fail(attempt, failure)
        case .stored(let blob): store(blob)
        case .notFound(let blob, let worker): miss(blob, at: worker)
        case .tick: dismissSilent(now)
        }
        dispatch()
        return actions
    }

    // MARK: What others may know

    /// What a task is; nil when nothing can need it any more.
    package func specification(of task: Hash) -> TaskSpecification? { tasks[task]?.specification }

    /// Whether a blob is known, so that a task may name it.
    package func knows(_ blob: Hash) -> Bool { blobs[blob] != nil }

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
            if let outputs = known.outputs {
                deliver(outputs, of: task, to: 1)
            } else {
                tasks[task]?.waiters += 1
            }
        } else {
            submissions += 1
            var record = TaskRecord(specification: specification, sequence: submissions)
            record.waiters = 1
            tasks[task] = record
            for input in specification.distinctInputs {
                blobs[input.name, default: BlobRecord(input)].dependants += 1
            }
            enqueue(task)
        }
        for blob in given.sorted() { store(blob) }
    }

    /// Gives people the outputs of a task, which they use from now on.
    mutating func deliver(_ outputs: [TensorBlob], of task: Hash, to waiters: Int) {
        for output in outputs { blobs[output.name, default: BlobRecord(output, producer: task)].uses += waiters }
        actions.append(.deliver(task, outputs: outputs))
    }

    private mutating func abandon(_ task: Hash) {
        guard let record = tasks[task], record.outputs == nil, record.waiters > 0 else { return }
        tasks[task]?.waiters -= 1
        guard record.waiters == 1 else { return }
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

    func isReady(_ specification: TaskSpecification) -> Bool {
        specification.inputs.allSatisfy { blobs[$0.name]?.isStored ?? false }
    }

    private mutating func queue(_ task: Hash) {
        guard let record = tasks[task] else { return }
        if isReady(record.specification) {
            ready.insert(task, at: record.sequence)
        } else {
            parked.insert(task, at: record.sequence)
        }
    }

    /// Takes a task out of the queue or away from its workers; its inputs are no longer used.
    mutating func setAside(_ task: Hash) {
        guard let record = tasks[task] else { return }
        switch record.phase {
        case .resting: return
        case .waiting:
            ready.remove(record.sequence)
            parked.remove(record.sequence)
        case .running(let places):
            for (worker, attempt) in places.sorted(by: { $0.key < $1.key }) {
                workers[worker]?.running[task] = nil
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
            if parked.count > 0, workers.values.contains(where: \.isFree) {
                for (task, _) in parked.elements {
                    for input in tasks[task]?.specification.distinctInputs ?? [] { obtain(input.name) }
                }
            }
            // What has to be run again for that is new in the queue.
            isDone = waitingCount == count
        }
    }

    /// First what lies near a worker, then what has waited longest.
    private mutating func assignWhatCanRun() {
        for (task, sequence) in parked.elements where tasks[task].map({ isReady($0.specification) }) ?? false {
            parked.remove(sequence)
            ready.insert(task, at: sequence)
        }
        for worker in workers.keys.sorted() {
            while workers[worker]?.isFree ?? false {
                let near = parked.first { canRun($0, at: worker) }
                guard let task = near ?? ready.first(where: { canRun($0, at: worker) }) else { break }
                assign(task, to: worker)
            }
        }
    }

    /// Whether each input of a task is here or at the worker, and the task may fit there.
    private func canRun(_ task: Hash, at worker: WorkerID) -> Bool {
        guard let record = tasks[task], !record.excludes(worker) else { return false }
        return record.specification.inputs.allSatisfy { input in
            guard let blob = blobs[input.name] else { return false }
            return blob.isStored || blob.holders.contains(worker)
        }
    }

    private mutating func assign(_ task: Hash, to worker: WorkerID) {
        guard var record = tasks[task] else { return }
        ready.remove(record.sequence)
        parked.remove(record.sequence)
        record.lastAttempt += 1
        record.phase = .running([worker: record.lastAttempt])
        tasks[task] = record
        workers[worker]?.running[task] = record.lastAttempt
        actions.append(.assign(Attempt(task, record.lastAttempt), to: worker))
    }

    // MARK: Coming back

    /// Takes an attempt away from a worker, and queues the task again unless it also runs elsewhere.
    ///
    /// - Returns: whether the attempt ran there.
    @discardableResult
    mutating func takeBack(_ attempt: Attempt, from worker: WorkerID) -> Bool {
        guard workers[worker]?.running[attempt.task] == attempt.number else { return false }
        workers[worker]?.running[attempt.task] = nil
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

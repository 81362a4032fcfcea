import Tensors
import Wire

/// What becomes of the tries of a task, and of the workers that make them.
extension Scheduler {
    mutating func admit(_ worker: WorkerID, slots: Int, after previous: WorkerID?, _ now: Instant) {
        let origin = previous.map { origins[$0] ?? $0 } ?? worker
        workers[worker] = WorkerRecord(slots: slots, lastHeard: now, origin: origin)
        guard previous != nil else { return }
        // It is back, so no task had killed it.
        for (task, record) in tasks where record.failures.contains(where: { $0.cause == .workerLost }) {
            tasks[task]?.failures.removeAll { $0.cause == .workerLost && origins[$0.worker] == origin }
        }
    }

    mutating func hear(_ worker: WorkerID, _ running: [Attempt], _ now: Instant) {
        isDispatched = true
        guard let origin = workers[worker]?.origin else { return }
        workers[worker]?.lastHeard = now
        for attempt in running where workers[worker]?.running[attempt.task] != attempt.number {
            if let record = tasks[attempt.task], record.phase == .waiting, record.gave(attempt, to: origin) {
                // It was taken for lost, and goes on: nothing need be done twice.
                unqueue(attempt.task)
                tasks[attempt.task]?.phase = .running([worker: attempt.number])
                workers[worker]?.running[attempt.task] = attempt.number
                for input in record.specification.distinctInputs { blobs[input.name]?.reach(worker) }
            } else {
                actions.append(.cancel(attempt, at: worker))
            }
        }
    }

    mutating func dismissSilent(_ now: Instant) {
        isDispatched = true
        for worker in workers.keys.sorted() {
            guard let record = workers[worker], record.lastHeard.duration(to: now) > limits.silence else { continue }
            remove(worker, because: .silent)
            isDispatched = false
        }
    }

    mutating func remove(_ worker: WorkerID, because departure: Departure) {
        guard let record = workers[worker] else { return }
        for (name, blob) in blobs where blob.source == worker || blob.reached.contains(worker) {
            blobs[name]?.holders.removeAll { $0 == worker }
            blobs[name]?.reached.removeAll { $0 == worker }
            if blob.source == worker { blobs[name]?.source = nil }
        }
        let attempts = record.running.map { Attempt($0.key, $0.value) }
            .sorted { (tasks[$0.task]?.sequence ?? 0) < (tasks[$1.task]?.sequence ?? 0) }
        actions.append(.dismiss(worker, because: departure, givenBack: attempts))
        for attempt in attempts {
            takeBack(attempt, from: worker)
            if departure != .goodbye {
                charge(attempt.task, AttemptFailure(.workerLost, at: worker, "its worker was lost"))
            }
        }
        workers[worker] = nil
        if tasks.isEmpty { origins = [:] } else { origins[worker] = record.origin }
        for blob in blobs.keys.sorted() where blobs[blob]?.waiters ?? 0 > 0 { obtain(blob) }
    }

    mutating func start(_ attempt: Attempt, by worker: WorkerID) {
        guard workers[worker]?.running[attempt.task] == attempt.number, let record = tasks[attempt.task] else { return }
        workers[worker]?.unannounced.remove(attempt.task)
        for input in record.specification.distinctInputs { hold(input.name, at: worker) }
    }

    mutating func finish(_ attempt: Attempt, by worker: WorkerID, outputs: [TensorBlob], stored: Set<Hash>) {
        guard let origin = workers[worker]?.origin else { return }
        actions.append(.accept(attempt, from: worker))
        let task = attempt.task
        guard let record = tasks[task], record.gave(attempt, to: origin) else {
            return discard(outputs, at: worker, stored: stored)
        }
        if let known = record.outputs, known != outputs {
            actions.append(.contradict(record.specification, at: worker))
            if takeBack(attempt, from: worker) {
                charge(task, AttemptFailure(.wrongResult, at: worker, "its result differs from an earlier one"))
            }
            return discard(outputs, at: worker, stored: stored)
        }
        // A worker keeps the inputs of what it was given in this session, until it is told to forget them.
        if workers[worker]?.running[task] == attempt.number, workers[worker]?.unannounced.remove(task) != nil {
            for input in record.specification.distinctInputs { hold(input.name, at: worker) }
        }
        for output in outputs { blobs[output.name, default: BlobRecord(output, producer: task)].add(worker) }
        if workers[worker]?.running[task] == attempt.number { workers[worker]?.running[task] = nil }
        if case .running(var places) = record.phase {
            if places[worker] == attempt.number { places[worker] = nil }
            tasks[task]?.phase = .running(places)
        }
        tasks[task]?.outputs = outputs
        // What went wrong before was not the task's fault; what does not fit will not fit later.
        tasks[task]?.failures.removeAll { $0.cause != .tooLarge }
        if record.outputs == nil {
            tasks[task]?.waiters = 0
            deliver(outputs, of: task, to: record.waiters)
        }
        setAside(task)
        for output in Set(outputs.map(\.name)).sorted() {
            if stored.contains(output) { store(output) }
            hold(output, at: worker)
            sweep(output)
        }
        forgetIfUseless(task)
    }

    /// A result that nobody asked for.
    private mutating func discard(_ outputs: [TensorBlob], at worker: WorkerID, stored: Set<Hash>) {
        let useless = Set(outputs.map(\.name)).filter { blobs[$0]?.holders.contains(worker) != true }
        if !useless.isEmpty { actions.append(.release(useless.sorted(), at: worker)) }
        for blob in stored.sorted() where !(blobs[blob]?.isStored ?? false) { actions.append(.forget(blob)) }
    }

    mutating func fail(_ attempt: Attempt, _ failure: AttemptFailure) {
        guard takeBack(attempt, from: failure.worker) else { return }
        if failure.cause == .missingBlob, let record = tasks[attempt.task] {
            // What it was thought to have may be what it lacks.
            for input in record.specification.distinctInputs { distrust(failure.worker, about: input.name) }
        }
        charge(attempt.task, failure)
    }

    /// Notes a failed try, and gives the task up when there were too many.
    private mutating func charge(_ task: Hash, _ failure: AttemptFailure) {
        tasks[task]?.failures.append(failure)
        guard let record = tasks[task] else { return }
        if record.isSuspect { suspects.insert(task) }
        func count(_ causes: AttemptFailure.Cause...) -> Int {
            record.failures.count { causes.contains($0.cause) }
        }
        let isHopeless =
            failure.cause == .refused
            || count(.execution, .wrongResult) >= limits.failures
            || count(.workerLost) >= limits.losses
            || count(.missingBlob, .returned) >= limits.returns
            || (failure.cause == .tooLarge && workers.keys.allSatisfy(record.excludes))
        if isHopeless { giveUp(task, record.failures) }
    }

    /// There is no result of a task, and so none of those that need what it would make.
    private mutating func giveUp(_ task: Hash, _ failures: [AttemptFailure]) {
        guard let record = tasks[task] else { return }
        if record.outputs == nil { actions.append(.fail(record.specification, failures)) }
        tasks[task]?.waiters = 0
        setAside(task)
        guard let outputs = record.outputs else { return forget(task) }
        for output in outputs.map(\.name) where blobs[output]?.isStored == false {
            lose(output, because: failures.last?.sentence ?? "it cannot be made again")
            for (dependant, _) in parked.elements
            where tasks[dependant]?.specification.needs(output) ?? false {
                giveUp(dependant, failures)
            }
        }
    }
}

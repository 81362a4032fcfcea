import Tensors
import Wire

/// What becomes of the tries of a task, and of the workers that make them.
extension Scheduler {
    mutating func admit(_ worker: WorkerID, slots: Int, after previous: WorkerID?) {
        let known = previous.flatMap { absentees.take($0) }
        let origin = known?.origin ?? worker
        workers[worker] = WorkerRecord(
            slots: slots,
            lastHeard: now,
            origin: origin,
            isForeign: known?.isForeign ?? (previous != nil)
        )
        // It is back, so no task had killed it.
        for task in known?.charged ?? [] {
            tasks[task]?.failures.removeAll { $0.cause == .workerLost && $0.origin == origin }
        }
    }

    mutating func hear(_ worker: WorkerID, _ running: [Attempt]) {
        isDispatched = true
        guard let origin = workers[worker]?.origin else { return }
        workers[worker]?.lastHeard = now
        for attempt in running where workers[worker]?.running[attempt.task] != attempt.number {
            if let record = tasks[attempt.task], record.phase == .waiting, record.gave(attempt, to: origin),
                !record.failed.contains(attempt.number)
            {
                // It was taken for lost, and goes on: nothing need be done twice.
                unqueue(attempt.task)
                tasks[attempt.task]?.phase = .running([worker: attempt.number])
                workers[worker]?.running[attempt.task] = attempt.number
                for input in record.specification.distinctInputs { blobs[input.name]?.reach(worker) }
            } else if !takeOffer(attempt, by: worker, outputs: nil) {
                actions.append(.cancel(attempt, at: worker))
            }
        }
    }

    mutating func dismissSilent() {
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
        for task in record.offers.keys { forgetOffer(of: task, by: worker) }
        for attempt in attempts {
            takeBack(attempt, from: worker)
            if departure != .goodbye {
                var failure = AttemptFailure(.workerLost, at: worker, "its worker was lost")
                failure.origin = record.origin
                charge(attempt.task, failure)
            }
        }
        workers[worker] = nil
        let charged = departure == .goodbye ? [] : attempts.map(\.task)
        absentees.add(worker, record.origin, isForeign: record.isForeign, charged, atMost: limits.remembered)
        for blob in blobs.keys.sorted() where blobs[blob]?.isAwaited ?? false { obtain(blob) }
    }

    mutating func start(_ attempt: Attempt, by worker: WorkerID) {
        guard workers[worker]?.running[attempt.task] == attempt.number, let record = tasks[attempt.task] else { return }
        workers[worker]?.unannounced.remove(attempt.task)
        for input in record.specification.distinctInputs { hold(input.name, at: worker) }
    }

    mutating func finish(
        _ attempt: Attempt,
        by worker: WorkerID,
        outputs: [TensorBlob],
        stored: Set<Hash>,
        took: Duration?
    ) {
        guard let origin = workers[worker]?.origin else { return }
        let task = attempt.task
        guard let record = tasks[task], record.gave(attempt, to: origin) else {
            if takeOffer(attempt, by: worker, outputs: outputs) { return forgetUnkept(stored) }
            actions.append(.accept(attempt, from: worker))
            return discard(outputs, at: worker, stored: stored)
        }
        if let known = record.outputs, known != outputs {
            actions.append(.accept(attempt, from: worker))
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
        if workers[worker]?.running[task] == attempt.number { workers[worker]?.letGo(of: task) }
        if case .running(var places) = record.phase {
            if places[worker] == attempt.number { places[worker] = nil }
            tasks[task]?.phase = .running(places)
        }
        tasks[task]?.outputs = outputs
        // What went wrong before was not the task's fault; what does not fit will not fit later.
        tasks[task]?.failures.removeAll { $0.cause != .tooLarge }
        if record.outputs == nil {
            tasks[task]?.finding = Finding(
                task: record.specification,
                outputs: outputs,
                attempt: attempt.number,
                worker: worker,
                took: took
            )
            adopt(outputs, of: task)
        }
        acknowledge(attempt, to: worker)
        if record.outputs == nil, tasks[task]?.isPending == false { deliver(outputs, of: task) }
        setAside(task)
        for output in outputs.distinct.map(\.name).sorted() {
            if stored.contains(output) { store(output) }
            hold(output, at: worker)
            sweep(output)
        }
        journalIfGathered(task)
        forgetIfUseless(task)
    }

    /// A result that nobody asked for.
    mutating func discard(_ outputs: [TensorBlob], at worker: WorkerID, stored: Set<Hash>) {
        let useless = Set(outputs.map(\.name)).filter { blobs[$0]?.holders.contains(worker) != true }
        if !useless.isEmpty { actions.append(.release(useless.sorted(), at: worker)) }
        forgetUnkept(stored)
    }

    /// Bytes that came along and are not needed.
    private mutating func forgetUnkept(_ stored: Set<Hash>) {
        for blob in stored.sorted() where !isStored(blob) { actions.append(.forget(blob)) }
    }

    mutating func fail(_ attempt: Attempt, _ failure: AttemptFailure) {
        if workers[failure.worker]?.offers[attempt.task]?.attempts.last == attempt.number {
            forgetOffer(of: attempt.task, by: failure.worker)
        }
        guard takeBack(attempt, from: failure.worker) else { return }
        tasks[attempt.task]?.failed.insert(attempt.number)
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
        if isHopeless { giveUp(task, record.failures.map(\.withoutOrigin)) }
    }

    /// There is no result of a task, and so none of those that need what it would make.
    private mutating func giveUp(_ task: Hash, _ failures: [AttemptFailure]) {
        guard let pending = tasks[task] else { return }
        if pending.waiters > 0, pending.outputs == nil || pending.isPending {
            actions.append(.fail(pending.specification, failures))
        }
        tasks[task]?.waiters = 0
        setAside(task)
        if pending.isPending { stopGathering(task) }
        guard let record = tasks[task] else { return }
        guard let outputs = record.outputs else { return forget(task) }
        for output in outputs.map(\.name) where blobs[output]?.isStored == false {
            lose(output, because: failures.last?.sentence ?? "it cannot be made again")
            for (dependant, _) in parked.elements
            where tasks[dependant]?.specification.needs(output) ?? false {
                giveUp(dependant, failures)
            }
        }
        // Its outputs may have been let go of while it ran to make them again.
        forgetIfUseless(task)
    }
}

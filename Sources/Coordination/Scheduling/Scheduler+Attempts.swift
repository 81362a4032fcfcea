import Tensors
import Wire

/// What becomes of the tries of a task, and of the workers that make them.
extension Scheduler {
    mutating func admit(_ worker: WorkerID, slots: Int, memory: Int, silence: Duration, after previous: WorkerID?) {
        let known = previous.flatMap { absentees.take($0) }
        let origin = known?.origin ?? worker
        workers[worker] = WorkerRecord(
            slots: slots,
            memory: memory,
            silence: silence,
            lastHeard: now,
            origin: origin,
            isForeign: known?.isForeign ?? (previous != nil)
        )
        attendance.join(at: awake)
        passedOver = [:]
        if let missed, memory >= missed.memory { self.missed = nil }
        idle.insert(worker)
        hungry.insert(worker)
        if let misdeed = barred[origin] { bar(origin, because: misdeed) }
        // It is back, so no task had killed it.
        for task in known?.charged ?? [] {
            acquit(task, of: origin)
            for worker in tasks[task]?.places.workers ?? [] {
                idle.insert(worker)
                hungry.insert(worker)
            }
        }
    }

    mutating func hear(_ worker: WorkerID, _ running: [Attempt]) {
        isDispatched = true
        guard let origin = workers[worker]?.origin else { return }
        workers.update(worker) { $0.lastHeard = now }
        if stocked.contains(worker) { for attempt in running { begin(attempt.task, at: worker) } }
        for attempt in running where workers[worker]?.running[attempt.task] != attempt.number {
            if let record = tasks[attempt.task], record.phase == .waiting, record.gave(attempt, to: origin),
                !record.answered.contains(attempt.number)
            {
                // It was taken for lost, and goes on: nothing need be done twice.
                unqueue(attempt.task)
                tasks.update(attempt.task) { record in
                    var places = TaskRecord.Places()
                    places[worker] = attempt.number
                    record.phase = .running(places)
                }
                workers.update(worker) { $0.resume(attempt.task, attempt.number, at: awake) }
                for input in record.specification.distinctInputs { blobs.update(input.name) { $0.reach(worker) } }
            } else if !takeOffer(attempt, by: worker, outputs: nil) {
                actions.append(.cancel(attempt, at: worker))
            }
        }
    }

    /// A worker has begun a task, even if others were given to it before.
    private mutating func begin(_ task: Hash, at worker: WorkerID) {
        guard workers.look(worker, { $0.ahead.contains(task) }) == true else { return }
        workers[worker]?.ahead.removeAll { $0 == task }
        workers.update(worker) { $0.begun[task] = awake }
        if workers[worker]?.ahead.isEmpty ?? true { stocked.remove(worker) }
    }

    /// Until when the worker may be silent that may be so for the shortest time from now.
    var silenceEnd: Instant? { workers.values.map(\.silenceEnd).min() }

    mutating func dismissSilent() {
        for worker in workers.keys.sorted() {
            guard let record = workers[worker], record.silenceEnd < now else { continue }
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
        attendance.leave(isLoss: departure.isLoss, at: awake)
        for attempt in attempts {
            // What had not begun killed nobody.
            lose(attempt, at: worker, isFatal: departure.isLoss && !record.ahead.contains(attempt.task))
        }
        workers[worker] = nil
        passedOver = [:]
        idle.remove(worker)
        hungry.remove(worker)
        stocked.remove(worker)
        draining.remove(worker)
        resting.remove(worker)
        let charged = departure.isLoss ? attempts.map(\.task) : []
        absentees.add(worker, record.origin, isForeign: record.isForeign, charged, atMost: limits.remembered)
        for blob in blobs.keys.sorted() where blobs[blob]?.isAwaited ?? false { obtain(blob) }
        miss(record)
    }

    mutating func start(_ attempt: Attempt, by worker: WorkerID) {
        guard runs(attempt, at: worker), let specification = specification(of: attempt.task) else { return }
        workers.update(worker) { $0.unannounced.remove(attempt.task) }
        begin(attempt.task, at: worker)
        for input in specification.distinctInputs { hold(input.name, at: worker) }
    }

    mutating func finish(
        _ attempt: Attempt,
        by worker: WorkerID,
        outputs: [TensorBlob],
        stored: Set<Hash>,
        took: Duration?,
        isFinite: Bool
    ) {
        let task = attempt.task
        guard let origin = workers.look(worker, { $0.origin }) else { return }
        let given = tasks.update(task) { record -> (specification: TaskSpecification, outputs: [TensorBlob]?)? in
            guard record.gave(attempt, to: origin) else { return nil }
            record.answered.append(attempt.number)
            return (record.specification, record.outputs)
        }
        guard let given, case (let specification, var known)? = given else {
            if takeOffer(attempt, by: worker, outputs: outputs) { return forgetUnkept(stored) }
            actions.append(.accept(attempt, from: worker))
            return discard(outputs, at: worker, stored: stored)
        }
        let isRunning = runs(attempt, at: worker)
        let memory = workers.update(worker) { place in
            place.failuresInARow = 0
            place.wrongResults = 0
            return place.memory
        }
        if let memory, memory > 0, experience.note(specification.program.hash, fits: memory) { passedOver = [:] }
        let vote = Doubt.Vote(outputs: outputs, worker: worker, origin: origin)
        if known == nil, !believes(vote, of: task, isFinite: isFinite) {
            // It is enough to know what it found. But it keeps it until something counts.
            owe(attempt, to: worker)
            takeBack(attempt, from: worker)
            return discard(outputs, at: worker, stored: stored)
        }
        if let took { experience.note(specification.program.hash, took: took) }
        if known != nil, retracts(for: vote, of: task) { known = nil }
        if let known, known != outputs {
            acknowledge(attempt, to: worker)
            if isRunning {
                note(AttemptFailure(.wrongResult, at: worker, "its result differs from an earlier one"), of: task)
                takeBack(attempt, from: worker)
                giveUpIfHopeless(task)
            }
            return discard(outputs, at: worker, stored: stored)
        }
        // A worker keeps the inputs of what it was given in this session, until it is told to forget them.
        if isRunning, workers.update(worker, { $0.unannounced.remove(task) != nil }) ?? false {
            for input in specification.distinctInputs { hold(input.name, at: worker) }
        }
        for output in outputs {
            blobs.update(output.name, orAdd: BlobRecord(output, producer: task)) { $0.add(worker) }
        }
        if isRunning { letGo(of: task, at: worker) }
        tasks.update(task) { record in
            if case .running(var places) = record.phase, places[worker] == attempt.number {
                places[worker] = nil
                record.phase = .running(places)
            }
            record.outputs = outputs
            // What went wrong before was not the task's fault; what does not fit will not fit later.
            record.failures.removeAll { $0.cause != .tooLarge }
            record.isAccused = false
            record.notBefore = nil
            guard known == nil else { return }
            record.finding = Finding(
                task: specification,
                outputs: outputs,
                attempt: attempt.number,
                worker: worker,
                took: took
            )
            record.finder = origin
        }
        if known == nil { adopt(outputs, of: task) }
        acknowledge(attempt, to: worker)
        if known == nil, tasks.look(task, { $0.isPending }) == false {
            claim(outputs, for: task)
            deliver(outputs, of: task)
        }
        setAside(task)
        for output in outputs.count == 1 ? [outputs[0].name] : outputs.distinct.map(\.name).sorted() {
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
}

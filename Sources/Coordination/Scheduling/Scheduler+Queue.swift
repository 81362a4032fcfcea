import Tensors
import Wire

/// Tasks that wait: for a worker, for their inputs, or until they are tried once more.
extension Scheduler {
    /// Puts a task into the queue; its inputs are used from now on.
    mutating func enqueue(_ task: Hash) {
        guard let specification = tasks[task]?.specification else { return }
        tasks.update(task) { $0.phase = .waiting }
        for input in specification.distinctInputs { blobs.update(input.name) { $0.uses += 1 } }
        queue(task)
    }

    private func isReady(_ specification: TaskSpecification) -> Bool {
        specification.inputs.allSatisfy { isStored($0.name) }
    }

    mutating func queue(_ task: Hash) {
        let waiting = tasks.look(task) { ($0.specification, sequence: $0.sequence, notBefore: $0.notBefore) }
        guard let (specification, sequence, notBefore) = waiting else { return }
        if let worker = offers[task]?.first { return collect(task, from: worker) }
        if let notBefore, notBefore > now {
            delayed[task] = notBefore
        } else if isReady(specification) {
            makeReady(task, sequence)
            noteNear(task, heirTo: specification.inputs)
        } else {
            parked.insert(task, at: sequence)
            for input in specification.distinctInputs where !isStored(input.name) {
                parkedByInput[input.name, default: []].insert(task)
            }
            noteNear(task)
        }
    }

    private mutating func makeReady(_ task: Hash, _ sequence: Int) {
        ready.insert(task, at: sequence)
        for (worker, last) in passedOver where last >= sequence { passedOver[worker] = sequence - 1 }
    }

    mutating func unqueue(_ task: Hash) {
        guard let sequence = tasks.look(task, { $0.sequence }) else { return }
        if !delayed.isEmpty { delayed[task] = nil }
        ready.remove(sequence)
        guard parked.contains(sequence) else { return }
        parked.remove(sequence)
        for input in specification(of: task)?.distinctInputs ?? [] {
            parkedByInput[input.name]?.remove(task)
            if parkedByInput[input.name]?.isEmpty ?? false { parkedByInput[input.name] = nil }
        }
    }

    /// Queues the tasks whose time to be tried once more has come, or gives them up.
    mutating func retryDelayed() {
        let due = delayed.filter { $0.value <= now }.keys
        guard !due.isEmpty else { return }
        for task in due.sorted() {
            delayed[task] = nil
            if !giveUpIfAccused(task) { queue(task) }
        }
        isDispatched = false
    }

    /// Notes a task whose inputs are all here with those workers that have the largest of those that tasks made, if it is large:
    /// it goes on with what they did, and they need not be sent that.
    private mutating func noteNear(_ task: Hash, heirTo inputs: [TensorBlob]) {
        var largest: (bytes: Int, holders: Few<WorkerID>) = (limits.followedBytes, [])
        for input in inputs where input.type.byteCount > largest.bytes {
            let holders = blobs.look(input.name) { $0.producer == nil ? [] : $0.holders } ?? []
            if !holders.isEmpty { largest = (input.type.byteCount, holders) }
        }
        guard let sequence = tasks.look(task, { $0.sequence }) else { return }
        for worker in largest.holders { workers.update(worker) { $0.near.insert(task, at: sequence) } }
    }

    /// Notes a parked task with those workers that have all of its inputs that are not here.
    private mutating func noteNear(_ task: Hash) {
        guard let record = tasks[task] else { return }
        let missing = record.specification.inputs.first { blobs[$0.name]?.isStored != true }
        for worker in missing.flatMap({ blobs[$0.name]?.holders }) ?? [] where hasInputs(of: task, worker) {
            workers.update(worker) { $0.near.insert(task, at: record.sequence) }
        }
    }

    /// The bytes of a blob are here, or somebody else has them.
    mutating func advanceParked(for blob: Hash) {
        for task in parkedByInput[blob] ?? [] {
            guard let record = tasks[task] else { continue }
            if isReady(record.specification) {
                unqueue(task)
                makeReady(task, record.sequence)
            } else {
                noteNear(task)
            }
        }
    }

    /// Takes a task out of the queue or away from its workers; its inputs are no longer used.
    mutating func setAside(_ task: Hash) {
        guard let (phase, specification) = tasks.look(task, { ($0.phase, $0.specification) }) else { return }
        switch phase {
        case .resting: return
        case .waiting: unqueue(task)
        case .running(let places):
            for (worker, attempt) in places.isEmpty ? [] : places.sorted {
                letGo(of: task, at: worker)
                actions.append(.cancel(Attempt(task, attempt), at: worker))
            }
        }
        tasks.update(task) { $0.phase = .resting }
        for input in specification.distinctInputs { release(input.name, 1) }
    }

    /// Takes an attempt away from a worker, and queues the task again unless it also runs elsewhere.
    ///
    /// - Returns: whether the attempt ran there.
    @discardableResult
    mutating func takeBack(_ attempt: Attempt, from worker: WorkerID) -> Bool {
        let task = attempt.task
        guard runs(attempt, at: worker) else { return false }
        letGo(of: task, at: worker)
        let waits = tasks.update(task) { record in
            guard case .running(var places) = record.phase else { return false }
            places[worker] = nil
            record.phase = places.isEmpty ? .waiting : .running(places)
            return places.isEmpty
        }
        if waits == true { queue(task) }
        return true
    }

    /// A worker has answered a task, or need not.
    mutating func letGo(of task: Hash, at worker: WorkerID) {
        let wasGiven = workers.update(worker) { place in
            let begun = place.ahead.contains(task) ? nil : place.begun[task]
            place.letGo(of: task, at: awake)
            return (begun: begun, hasAhead: !place.ahead.isEmpty, hasRoom: place.room() > 0)
        }
        guard let (begun, hasAhead, hasRoom) = wasGiven else { return }
        tasks.update(task) { record in
            if let begun { record.exposure += begun.duration(to: awake) } else { record.unbegun += 1 }
        }
        if !hasAhead { stocked.remove(worker) }
        if hasRoom { idle.insert(worker) }
        hungry.insert(worker)
    }

    /// Whether a worker was given an attempt and has not answered it.
    func runs(_ attempt: Attempt, at worker: WorkerID) -> Bool {
        workers.look(worker) { $0.running[attempt.task] == attempt.number } ?? false
    }
}

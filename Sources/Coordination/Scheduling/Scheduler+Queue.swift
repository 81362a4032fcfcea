import Tensors
import Wire

/// Tasks that wait: for a worker, for their inputs, or until they are tried once more.
extension Scheduler {
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

    mutating func queue(_ task: Hash) {
        guard let record = tasks[task] else { return }
        if let worker = offers[task]?.first { return collect(task, from: worker) }
        if let time = record.notBefore, time > now {
            delayed[task] = time
        } else if isReady(record.specification) {
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
        delayed[task] = nil
        ready.remove(record.sequence)
        guard parked.contains(record.sequence) else { return }
        parked.remove(record.sequence)
        for input in record.specification.distinctInputs {
            parkedByInput[input.name]?.remove(task)
            if parkedByInput[input.name]?.isEmpty ?? false { parkedByInput[input.name] = nil }
        }
    }

    /// Queues the tasks whose time to be tried once more has come.
    mutating func retryDelayed() {
        let due = delayed.filter { $0.value <= now }.keys
        guard !due.isEmpty else { return }
        for task in due.sorted() {
            delayed[task] = nil
            queue(task)
        }
        isDispatched = false
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
                letGo(of: task, at: worker)
                actions.append(.cancel(Attempt(task, attempt), at: worker))
            }
        }
        tasks[task]?.phase = .resting
        for input in record.specification.distinctInputs { release(input.name, 1) }
    }

    /// Takes an attempt away from a worker, and queues the task again unless it also runs elsewhere.
    ///
    /// - Returns: whether the attempt ran there.
    @discardableResult
    mutating func takeBack(_ attempt: Attempt, from worker: WorkerID) -> Bool {
        let task = attempt.task
        guard workers[worker]?.running[task] == attempt.number else { return false }
        letGo(of: task, at: worker)
        guard case .running(var places) = tasks[task]?.phase else { return true }
        places[worker] = nil
        tasks[task]?.phase = places.isEmpty ? .waiting : .running(places)
        if places.isEmpty { queue(task) }
        return true
    }

    /// A worker has answered a task, or need not.
    mutating func letGo(of task: Hash, at worker: WorkerID) {
        guard let record = workers[worker] else { return }
        if let begun = record.begun[task], !record.ahead.contains(task) {
            tasks[task]?.exposure += begun.duration(to: awake)
        } else {
            tasks[task]?.unbegun += 1
        }
        workers[worker]?.letGo(of: task, at: awake)
        if workers[worker]?.ahead.isEmpty ?? true { stocked.remove(worker) }
        idle.insert(worker)
        hungry.insert(worker)
    }
}

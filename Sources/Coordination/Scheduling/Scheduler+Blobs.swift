import Tensors
import Wire

/// Where blobs are, how long they are kept, and how they come back.
extension Scheduler {
    mutating func want(_ blob: Hash) {
        guard let record = blobs[blob] else {
            actions.append(.lose(blob, because: "nobody knows it"))
            return
        }
        blobs.update(blob) { $0.uses += 1 }
        blobs.update(blob) { $0.waiters += 1 }
        if record.isStored { provide(blob) } else { obtain(blob) }
    }

    /// The bytes of a blob are here.
    mutating func store(_ blob: Hash) {
        let waiters = blobs.update(blob) { record in
            record.isStored = true
            record.source = nil
            return record.waiters
        }
        guard let waiters else { return actions.append(.forget(blob)) }
        advanceParked(for: blob)
        if waiters > 0 { provide(blob) }
        for task in gathering[blob] ?? [] { journalIfGathered(task) }
        sweep(blob)
    }

    /// The recipe has brought a blob: its bytes stay here until nothing can need them, and nobody has to make it again.
    mutating func give(_ blob: Hash) {
        let producer = blobs.update(blob) { record in
            defer { record.producer = nil }
            return record.producer
        }
        store(blob)
        if let producer, let producer { forgetIfUseless(producer) }
    }

    private mutating func provide(_ blob: Hash) {
        actions.append(.provide(blob))
        let waiters = blobs[blob]?.waiters ?? 0
        blobs.update(blob) { $0.waiters = 0 }
        release(blob, waiters)
    }

    /// Nobody has it, and it cannot be made again.
    mutating func lose(_ blob: Hash, because reason: String) {
        guard let record = blobs[blob], record.waiters > 0 else { return }
        actions.append(.lose(blob, because: reason))
        blobs.update(blob) { $0.waiters = 0 }
        release(blob, record.waiters)
    }

    mutating func miss(_ blob: Hash, at worker: WorkerID) {
        guard let record = blobs[blob] else { return }
        distrust(worker, about: blob)
        guard record.source == worker else { return }
        blobs.update(blob) { $0.source = nil }
        if record.isAwaited { obtain(blob) }
    }

    /// A worker does not have a blob, and what it runs does not prove the contrary.
    mutating func distrust(_ worker: WorkerID, about blob: Hash) {
        blobs[blob]?.holders.removeAll { $0 == worker }
        for task in workers[worker]?.unannounced ?? [] where tasks[task]?.specification.needs(blob) ?? true {
            workers.update(worker) { $0.unannounced.remove(task) }
        }
    }

    /// Has a blob brought here, from a worker or by running its task again.
    mutating func obtain(_ blob: Hash) {
        guard let record = blobs[blob], !record.isStored, record.source == nil else { return }
        if let holder = record.holders.first {
            blobs.update(blob) { $0.source = holder }
            actions.append(.fetch(record.blob, from: holder))
        } else if let producer = record.producer, let task = tasks[producer] {
            if task.phase == .resting { enqueue(producer) }
        } else if let finder = gathering[blob]?.first {
            if tasks[finder]?.phase == .resting { enqueue(finder) }
        } else {
            lose(blob, because: "it was lost, and nothing can make it again")
        }
    }

    /// A worker has a blob.
    mutating func hold(_ blob: Hash, at worker: WorkerID) {
        let isAwaited = blobs.update(blob) { record in
            record.add(worker)
            return record.isAwaited
        }
        advanceParked(for: blob)
        if isAwaited ?? false { obtain(blob) }
    }

    /// Some uses of a blob are over.
    mutating func release(_ blob: Hash, _ count: Int) {
        blobs.update(blob) { record in
            precondition(record.uses >= count, "a blob is released as often as it was used")
            record.uses -= count
        }
        sweep(blob)
    }

    /// Lets go of a blob's bytes, and of the blob itself, as far as nothing can need them.
    mutating func sweep(_ blob: Hash) {
        let useless = blobs.update(blob) { record -> (wasStored: Bool, reached: Few<WorkerID>, isForgettable: Bool)? in
            guard !record.keepsBytes else { return nil }
            defer {
                record.isStored = false
                record.holders = []
                record.reached = []
            }
            return (record.isStored, record.reached, record.isForgettable)
        }
        guard let useless, let (wasStored, reached, isForgettable) = useless else { return }
        if wasStored { actions.append(.forget(blob)) }
        for worker in reached { actions.append(.release([blob], at: worker)) }
        guard isForgettable else { return }
        if let producer = blobs.removeValue(forKey: blob)?.producer { forgetIfUseless(producer) }
    }

    /// Forgets a task that is done, when none of its outputs can be needed.
    mutating func forgetIfUseless(_ task: Hash) {
        let done = tasks.look(task) { $0.isResting && !$0.isPending ? $0.outputs : nil }
        guard let outputs = done ?? nil else { return }
        guard outputs.allSatisfy({ output in blobs.look(output.name) { $0.producer } != task }) else { return }
        forget(task)
    }

    /// Forgets a task that rests; its inputs need not be made again for it.
    mutating func forget(_ task: Hash) {
        settleDebts(of: task)
        guard let record = tasks.removeValue(forKey: task) else { return }
        spent = max(spent, record.lastAttempt)
        suspects.remove(task)
        doubts[task] = nil
        for input in record.specification.distinctInputs {
            blobs.update(input.name) { $0.dependants -= 1 }
            sweep(input.name)
        }
    }
}

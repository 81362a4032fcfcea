import Tasks
import Tensors
import Wire

/// How results become durable before anybody counts on them.
extension Scheduler {
    /// The first result of a task counts; one that is recorded, once it is durable.
    mutating func adopt(_ outputs: [TensorBlob], of task: Hash) {
        guard let specification = specification(of: task) else { return }
        let isRecorded =
            isRecording && specification.keeping == .recorded
            && outputs.allSatisfy { $0.byteCount <= limits.recordedBytes }
        guard isRecorded else {
            declineOffers(of: task)
            settleDebts(of: task)
            if isRecording { actions.append(.unrecorded(task)) }
            return
        }
        tasks.update(task) { $0.recording = .gathering }
        for output in outputs.distinct {
            blobs.update(output.name) { $0.uses += 1 }
            blobs.update(output.name) { $0.journals += 1 }
            gathering[output.name, default: []].append(task)
        }
    }

    /// Tells a worker that it need not offer a result again, as soon as that is so.
    mutating func acknowledge(_ attempt: Attempt, to worker: WorkerID) {
        guard tasks.look(attempt.task, { $0.isPending }) == true else {
            actions.append(.accept(attempt, from: worker))
            return
        }
        owe(attempt, to: worker)
    }

    /// Notes that a worker is to be told later. It waits for an answer to its last offer.
    mutating func owe(_ attempt: Attempt, to worker: WorkerID) {
        tasks.update(attempt.task) { $0.owed[worker] = max($0.owed[worker] ?? 0, attempt.number) }
    }

    /// Has a result written down if its bytes are here, and else has them brought here.
    mutating func journalIfGathered(_ task: Hash) {
        let gathering = tasks.look(task) { $0.recording == .gathering ? $0.finding : nil }
        guard let finding = gathering ?? nil, !erasing.contains(task) else { return }
        let missing = finding.outputs.distinct.filter { !isStored($0.name) }
        guard missing.isEmpty else {
            for output in missing { obtain(output.name) }
            return
        }
        tasks.update(task) { $0.recording = .writing }
        actions.append(.journal(finding))
    }

    /// A result is durable: now it counts.
    mutating func conclude(_ task: Hash) {
        // What is taken back is written anew only once it is erased.
        guard let record = tasks[task], record.recording == .writing, let outputs = record.outputs else { return }
        tasks.update(task) { $0.recording = .done }
        settle(task)
        settleDebts(of: task)
        claim(outputs, for: task)
        if record.waiters > 0 { deliver(outputs, of: task) }
        letGoOfJournal(task, outputs)
        forgetIfUseless(task)
    }

    /// A result counts, so what it shares with one that does not count yet is better made by this task.
    mutating func claim(_ outputs: [TensorBlob], for task: Hash) {
        for output in outputs {
            guard let maker = blobs.look(output.name, { $0.producer }), let maker, maker != task,
                tasks.look(maker, { $0.isPending }) == true
            else { continue }
            blobs.update(output.name) { $0.producer = task }
        }
    }

    /// There will be no result to write down after all.
    mutating func stopGathering(_ task: Hash) {
        settleDebts(of: task)
        retract(task)
    }

    /// A result that does not count yet shall not: another will. Who keeps results goes on until then.
    mutating func retract(_ task: Hash) {
        if tasks.look(task, { $0.recording == .writing }) == true {
            erasing.insert(task)
            actions.append(.erase(task))
        }
        let outputs = tasks.update(task) { record in
            defer {
                record.recording = .none
                record.outputs = nil
            }
            return record.outputs
        }
        guard let outputs, let outputs else { return }
        for output in outputs where blobs.look(output.name, { $0.producer == task }) == true {
            // Another task may be about to have made it, too.
            let another = tasks.first { $0.value.outputs?.contains { $0.name == output.name } ?? false }
            blobs.update(output.name) { $0.producer = another?.key }
        }
        letGoOfJournal(task, outputs)
    }

    /// Tells all who keep a result of a task that they need not.
    mutating func settleDebts(of task: Hash) {
        let owed = tasks.update(task) { record in
            defer { record.owed = [:] }
            return record.owed
        }
        guard let owed, !owed.isEmpty else { return }
        for (worker, number) in owed.sorted(by: { $0.key < $1.key }) where workers.contains(worker) {
            actions.append(.accept(Attempt(task, number), from: worker))
        }
    }

    private mutating func letGoOfJournal(_ task: Hash, _ outputs: [TensorBlob]) {
        for output in outputs.distinct {
            blobs.update(output.name) { $0.journals -= 1 }
            gathering[output.name]?.removeAll { $0 == task }
            if gathering[output.name]?.isEmpty ?? false { gathering[output.name] = nil }
            release(output.name, 1)
        }
    }
}

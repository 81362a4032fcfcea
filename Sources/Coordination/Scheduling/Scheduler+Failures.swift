import Tensors
import Wire

/// Whose fault it was: what becomes of tasks that fail, and of workers at which they do.
extension Scheduler {
    mutating func fail(_ attempt: Attempt, _ failure: AttemptFailure) {
        if workers[failure.worker]?.offers[attempt.task]?.attempts.last == attempt.number {
            forgetOffer(of: attempt.task, by: failure.worker)
        }
        guard workers[failure.worker]?.running[attempt.task] == attempt.number else { return }
        tasks.update(attempt.task) { $0.answered.append(attempt.number) }
        if let record = tasks[attempt.task] {
            if failure.cause == .missingBlob {
                // What it was thought to have may be what it lacks.
                for input in record.specification.distinctInputs { distrust(failure.worker, about: input.name) }
            }
            experience.note(record.specification.program.hash, needs: failure.neededBytes)
        }
        note(failure, of: attempt.task)
        takeBack(attempt, from: failure.worker)
        blame(failure)
        giveUpIfHopeless(attempt.task)
    }

    /// A worker is gone, which a task may have killed: where only its connection broke, it is soon back.
    mutating func lose(_ attempt: Attempt, at worker: WorkerID, isFatal: Bool) {
        if isFatal {
            note(AttemptFailure(.workerLost, at: worker, "its worker was lost"), of: attempt.task)
        }
        takeBack(attempt, from: worker)
        if isFatal { accuse(attempt.task) }
        giveUpIfHopeless(attempt.task)
    }

    /// Holds a task to have killed its workers, if it must have, until the last one comes back.
    private mutating func accuse(_ task: Hash) {
        guard let record = tasks[task], hasKilled(record) else { return }
        tasks.update(task) { record in
            record.isAccused = true
            record.notBefore = now.advanced(by: limits.returnPatience)
        }
        guard record.phase == .waiting else { return }
        unqueue(task)
        queue(task)
    }

    /// A worker is back that a task was held to have killed.
    mutating func acquit(_ task: Hash, of origin: WorkerID) {
        guard var record = tasks[task] else { return }
        record.failures.removeAll { $0.cause == .workerLost && $0.origin == origin }
        record.isAccused = record.isAccused && hasKilled(record)
        tasks[task] = record
    }

    /// Gives a task up that is still held to have killed its workers.
    ///
    /// - Returns: whether it did.
    mutating func giveUpIfAccused(_ task: Hash) -> Bool {
        guard let record = tasks[task], record.isAccused else { return false }
        giveUpUnlessKnown(task, record)
        return true
    }

    /// Remembers a failed try, and when to try next.
    mutating func note(_ failure: AttemptFailure, of task: Hash) {
        guard var record = tasks[task] else { return }
        passedOver = [:]
        var failure = failure
        failure.origin = workers[failure.worker]?.origin
        record.failures.append(failure)
        let count =
            switch failure.cause {
            case .workerLost: record.count(.workerLost)
            case .execution, .wrongResult: record.count(.execution, .wrongResult)
            // These say little about the task, so that some of them cost nothing.
            case .missingBlob: record.count(.missingBlob) / 4
            case .returned: record.count(.returned) / 8
            case .refused, .tooLarge: 0
            }
        if count > 1 {
            let delay = limits.backOff.lowerBound * (1 << min(count - 2, 20))
            record.notBefore = now.advanced(by: min(delay, limits.backOff.upperBound))
        }
        tasks[task] = record
        if record.isSuspect { suspects.insert(task) }
    }

    // MARK: Tasks

    /// Gives a task up when there were too many failures.
    mutating func giveUpIfHopeless(_ task: Hash) {
        guard let record = tasks[task], let last = record.failures.last else { return }
        let isHopeless =
            switch last.cause {
            case .refused: true
            case .execution, .wrongResult: hasFailedEverywhere(record)
            // Not before the last one has had time to come back.
            case .workerLost: false
            case .missingBlob: record.count(.missingBlob) >= limits.absences
            case .returned: record.count(.returned) >= limits.returns
            case .tooLarge: hasNoRoomAnywhere(record)
            }
        if isHopeless { giveUpUnlessKnown(task, record) }
    }

    /// Gives a task up. But a run that was to settle something may fail: what is known and still there stays.
    mutating func giveUpUnlessKnown(_ task: Hash, _ record: TaskRecord) {
        if doubts[task] != nil, !isLost(record) {
            leaveInDoubt(task)
        } else {
            giveUp(task, record.failures.map(\.withoutOrigin))
        }
    }

    /// Whether a task has left something that is needed and lies nowhere.
    private func isLost(_ record: TaskRecord) -> Bool {
        record.outputs?.contains { output in
            guard let blob = blobs[output.name], blob.uses > 0 else { return false }
            return !blob.isStored && blob.holders.isEmpty
        } ?? false
    }

    /// Whether enough workers have tried a task in vain, or all that there are, often enough.
    private func hasFailedEverywhere(_ record: TaskRecord) -> Bool {
        let failures = record.failures.filter { $0.cause == .execution || $0.cause == .wrongResult }
        guard failures.count >= limits.failures else { return false }
        return Set(failures.map(\.place)).count >= limits.failures || !isFresh(record)
    }

    /// Whether a task is what its workers died of: it lost some, and those that did not run it live longer.
    private func hasKilled(_ record: TaskRecord) -> Bool {
        let lost = Set(record.failures.filter { $0.cause == .workerLost }.map(\.place)).count
        guard lost >= limits.losses, let before = record.attendanceBefore else { return false }
        guard lost < limits.mostLosses else { return true }
        let soFar = attendance.soFar(at: awake)
        let time = soFar.time - before.time
        let share = time > .zero ? min(record.exposure / time, 1) : 1
        let losses = max(soFar.losses - before.losses, lost)
        return Attendance.chance(of: lost, among: losses, share: share) < limits.chance
    }

    /// There is no result of a task, and so none of those that need what it would make.
    mutating func giveUp(_ task: Hash, _ failures: [AttemptFailure]) {
        guard let pending = tasks[task] else { return }
        doubts[task] = nil
        if pending.waiters > 0, pending.outputs == nil || pending.isPending {
            actions.append(.fail(pending.specification, failures))
        }
        tasks.update(task) { $0.waiters = 0 }
        setAside(task)
        if pending.isPending { stopGathering(task) }
        guard let record = tasks[task] else { return }
        guard let outputs = record.outputs else { return forget(task) }
        for output in outputs.map(\.name)
        where blobs[output]?.isStored == false && blobs[output]?.holders.isEmpty == true {
            lose(output, because: failures.last?.sentence ?? "it cannot be made again")
            for (dependant, _) in parked.elements
            where tasks[dependant]?.specification.needs(output) ?? false {
                giveUp(dependant, failures)
            }
        }
        // Its outputs may have been let go of while it ran to make them again.
        forgetIfUseless(task)
    }

    // MARK: Workers

    /// A worker at which everything fails gets nothing for a while, if there are others; one whose results are not what
    /// programs say gets nothing more.
    private mutating func blame(_ failure: AttemptFailure) {
        guard failure.cause == .execution || failure.cause == .wrongResult, let record = workers[failure.worker] else {
            return
        }
        workers.update(failure.worker) { $0.failuresInARow += 1 }
        if failure.cause == .wrongResult {
            workers.update(failure.worker) { $0.wrongResults += 1 }
            if record.wrongResults + 1 >= limits.wrongResults { bar(record.origin, because: .wrongResults) }
        }
        let count = record.failuresInARow + 1
        guard count >= limits.failuresInARow else { return }
        let hasOthers = workers.contains { worker, other in
            worker != failure.worker && other.takesTasks && other.failuresInARow < limits.failuresInARow
        }
        guard hasOthers else { return }
        let rest = limits.rest.lowerBound * (1 << min(count - limits.failuresInARow, 20))
        workers.update(failure.worker) { $0.restsUntil = now.advanced(by: min(rest, limits.rest.upperBound)) }
        resting.insert(failure.worker)
    }

    /// Gives those another chance who have rested.
    mutating func endRests() {
        for worker in resting.sorted() {
            if let end = workers[worker]?.restsUntil, end > now { continue }
            resting.remove(worker)
            idle.insert(worker)
            hungry.insert(worker)
            isDispatched = false
        }
    }
}

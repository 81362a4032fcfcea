import Tensors
import Wire

/// How workers are checked by each other. All that run a task must find the same bits: where two differ, a run at a third
/// tells who is wrong, and who is alone gets no more work. Numbers that are not finite are confirmed by a second worker:
/// if that finds them too, the computation diverges, and nobody has lied.
extension Scheduler {
    /// Takes the result of a task that has none.
    ///
    /// - Returns: whether it counts. Otherwise the task has to be run elsewhere.
    mutating func believes(_ vote: Doubt.Vote, of task: Hash, isFinite: Bool) -> Bool {
        guard var doubt = doubts[task] else {
            let isDoubtful = !isFinite && tasks[task]?.isUndoubted == false && couldBeSettled(task, butBy: vote.origin)
            if isDoubtful { doubts[task] = Doubt(vote) }
            return !isDoubtful
        }
        guard !doubt.confirms(vote) else {
            endDoubt(task, truth: vote.outputs)
            return true
        }
        doubt.add(vote)
        doubts[task] = doubt
        if doubt.votes.count > 1 { reportDoubt(task) }
        return false
    }

    /// Takes a result of a task that has one, where there may be doubt about it.
    ///
    /// - Returns: whether the one that it has was wrong, but is not written down and nobody knows of it. Then this one counts.
    mutating func retracts(for vote: Doubt.Vote, of task: Hash) -> Bool {
        guard let record = tasks[task], let known = record.outputs, let finding = record.finding,
            let finder = record.finder
        else { return false }
        if vote.outputs == known {
            // It confirms what counts, unless it comes from who found that.
            if let doubt = doubts[task], !doubt.hasVoted(vote.origin) { endDoubt(task, truth: known) }
            return false
        }
        var doubt = doubts[task] ?? Doubt(Doubt.Vote(outputs: known, worker: finding.worker, origin: finder))
        guard !doubt.confirms(vote) else {
            endDoubt(task, truth: vote.outputs)
            // Nobody has got it yet.
            if record.isPending {
                retract(task)
                return true
            }
            actions.append(.condemn(record.specification))
            return false
        }
        // Who contradicts itself has two votes, and both count for nothing.
        if vote.origin != finder { doubt.add(vote) }
        doubts[task] = doubt
        reportDoubt(task, also: vote)
        if record.phase == .resting, couldBeSettled(task) { enqueue(task) }
        return false
    }

    private mutating func reportDoubt(_ task: Hash, also vote: Doubt.Vote? = nil) {
        guard let specification = tasks[task]?.specification, var workers = doubts[task]?.votes.map(\.worker) else {
            return
        }
        if let vote, !workers.contains(vote.worker) { workers.append(vote.worker) }
        actions.append(.contradict(specification, between: workers))
    }

    private mutating func endDoubt(_ task: Hash, truth: [TensorBlob]) {
        guard let doubt = doubts.removeValue(forKey: task), let specification = tasks[task]?.specification else {
            return
        }
        for vote in doubt.votes where vote.outputs != truth { bar(vote.origin, because: .alone(specification)) }
    }

    /// Gives no more work to a worker that was wrong.
    mutating func bar(_ origin: WorkerID, because misdeed: Misdeed) {
        if barred.count < limits.remembered { barred[origin] = misdeed }
        for worker in workers.keys.sorted() where workers[worker]?.origin == origin {
            guard workers[worker]?.isBarred == false else { continue }
            workers.update(worker) { $0.isBarred = true }
            misdeeds.append((worker, misdeed))
        }
    }

    /// Sends those away who were wrong.
    mutating func dismissWrong() {
        let all = misdeeds
        misdeeds = []
        for (worker, misdeed) in all where workers[worker] != nil {
            actions.append(.bar(worker, because: misdeed))
            remove(worker, because: .barred)
            isDispatched = false
        }
    }

    /// Goes on where whoever could have settled something stays away.
    mutating func reviewDoubts() {
        for task in doubts.keys.sorted() {
            guard let record = tasks[task], let doubt = doubts[task] else {
                doubts[task] = nil
                continue
            }
            guard !couldBeSettled(task) else {
                doubts[task]?.helplessSince = nil
                // Nobody is at it any more, or there was nobody before.
                if record.phase == .resting {
                    enqueue(task)
                    isDispatched = false
                }
                continue
            }
            let since = doubt.helplessSince ?? now
            doubts[task]?.helplessSince = since
            guard since.duration(to: now) >= limits.doubtPatience else { continue }
            isDispatched = false
            leaveInDoubt(task)
        }
    }

    /// Nobody can settle it: what counts already stays; a single result counts when it is found once more; and of two
    /// that differ, neither does.
    mutating func leaveInDoubt(_ task: Hash) {
        guard let record = tasks[task], let doubt = doubts.removeValue(forKey: task) else { return }
        if record.outputs != nil {
            stopRemaking(task)
        } else if doubt.votes.count == 1 {
            tasks.update(task) { $0.isUndoubted = true }
        } else {
            let others = doubt.votes.map {
                AttemptFailure(
                    .wrongResult,
                    at: $0.worker,
                    "its result is not what others found, and nobody is left who could tell which one is right"
                )
            }
            giveUp(task, record.failures.map(\.withoutOrigin) + others)
        }
    }

    /// A task that was run again only because there was doubt need not be.
    private mutating func stopRemaking(_ task: Hash) {
        guard let record = tasks[task], record.phase == .waiting, !record.isPending else { return }
        setAside(task)
        for output in record.outputs?.distinct ?? [] where blobs[output.name]?.isAwaited ?? false {
            obtain(output.name)
        }
        for output in record.outputs?.distinct ?? [] { sweep(output.name) }
        forgetIfUseless(task)
    }
}

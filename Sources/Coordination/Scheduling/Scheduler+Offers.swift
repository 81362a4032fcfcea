import Tensors
import Wire

/// What workers bring from an earlier coordinator: results, and tasks that run, which the recipe may ask for in a moment.
///
/// The worker keeps them, unaccepted. When the recipe asks for such a task, it is assigned to that worker, which has the
/// answer; so nobody can answer a task that was not given to it.
extension Scheduler {
    /// Takes note of a result, or of a task that runs (`outputs` is nil then), that nobody asked for here.
    ///
    /// - Returns: whether it may be of use.
    mutating func takeOffer(_ attempt: Attempt, by worker: WorkerID, outputs: [TensorBlob]?) -> Bool {
        let task = attempt.task
        guard let record = workers[worker], record.isForeign, !settled.contains(task),
            tasks[task]?.outputs == nil || tasks[task]?.isPending == true,
            record.offers[task] != nil || record.offers.count < limits.offers
        else { return false }
        // What it was given here it will answer here.
        guard record.running[task] == nil else { return outputs != nil }
        let before = record.offers[task]
        if before == nil { offers[task, default: []].append(worker) }
        // A message from before the end may come after it.
        var offer = Offer(
            attempts: before?.attempts ?? [],
            outputs: outputs ?? before?.outputs,
            since: before?.since ?? now
        )
        offer.note(attempt.number)
        workers.update(worker) { $0.offers[task] = offer }
        if tasks[task]?.phase == .waiting {
            unqueue(task)
            collect(task, from: worker)
        }
        return true
    }

    /// Assigns a task to a worker that has its result, or runs it.
    mutating func collect(_ task: Hash, from worker: WorkerID) {
        forgetOffer(of: task, by: worker)
        workers.update(worker) { $0.collecting.insert(task) }
        assign(task, to: worker)
    }

    mutating func forgetOffer(of task: Hash, by worker: WorkerID) {
        workers.update(worker) { $0.offers[task] = nil }
        offers[task]?.removeAll { $0 == worker }
        if offers[task]?.isEmpty ?? false { offers[task] = nil }
    }

    /// The result of a task is durable, so that no worker need keep it.
    mutating func settle(_ task: Hash) {
        settled.insert(task)
        declineOffers(of: task)
    }

    mutating func declineOffers(of task: Hash) {
        for worker in offers[task] ?? [] { decline(task, by: worker) }
    }

    mutating func declineOldOffers() {
        guard !offers.isEmpty else { return }
        for worker in workers.keys.sorted() {
            let old = (workers[worker]?.offers ?? [:]).filter {
                $0.value.since.duration(to: now) > limits.offerPatience
            }
            for task in old.keys.sorted() { decline(task, by: worker) }
        }
    }

    private mutating func decline(_ task: Hash, by worker: WorkerID) {
        guard let offer = workers[worker]?.offers[task] else { return }
        forgetOffer(of: task, by: worker)
        for number in offer.attempts {
            let attempt = Attempt(task, number)
            actions.append(offer.outputs == nil ? .cancel(attempt, at: worker) : .accept(attempt, from: worker))
        }
        if let outputs = offer.outputs { discard(outputs, at: worker, stored: []) }
    }
}

import Tensors
import Wire

/// How slow and hung workers are kept from holding up the rest: their tasks get a second try elsewhere, once nothing else is
/// to be done there, and the first result counts.
extension Scheduler {
    mutating func raceStragglers() {
        guard waitingCount == 0 else { return }
        var free = idle.sorted().filter { room(at: $0) > 0 }
        guard !free.isEmpty else { return }
        for (worker, attempt) in running where isLate(attempt.task, at: worker) {
            guard let place = free.firstIndex(where: { canRace(attempt.task, at: $0) }) else { continue }
            assign(attempt.task, to: free[place])
            if room(at: free[place]) == 0 { free.remove(at: place) }
        }
    }

    private func isLate(_ task: Hash, at worker: WorkerID) -> Bool {
        guard let begun = workers[worker]?.begun[task], let record = tasks[task],
            case .running(let places) = record.phase, places.count == 1
        else { return false }
        let usual = experience.usualTime(of: record.specification.program.hash)
        let limit = usual.map { max($0 * limits.raceFactor, limits.raceFloor) } ?? limits.raceDeadline
        return begun.duration(to: awake) > limit
    }

    private func canRace(_ task: Hash, at worker: WorkerID) -> Bool {
        guard workers[worker]?.running[task] == nil, tasks[task]?.isSuspect == false else { return false }
        return admits(task, worker) && hasInputs(of: task, worker)
    }
}

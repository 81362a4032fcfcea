import Tensors
import Wire

/// How slow and hung workers are kept from holding up the rest: their tasks get a second try elsewhere, once nothing else is
/// to be done there, and the first result counts.
extension Scheduler {
    mutating func raceStragglers() {
        var free = idle.filter { room(at: $0) > 0 }
        guard !free.isEmpty else { return }
        for (worker, attempt) in running where isLate(attempt.task, at: worker) {
            let able = free.indices.filter { canRace(attempt.task, at: free[$0]) }
            guard !able.isEmpty else { continue }
            guard let place = able.first(where: { hasInputs(of: attempt.task, free[$0]) }) else {
                for input in tasks[attempt.task]?.specification.distinctInputs ?? [] { obtain(input.name) }
                continue
            }
            assign(attempt.task, to: free[place])
            if room(at: free[place]) == 0 { free.remove(at: place) }
        }
    }

    /// Whether a task runs for much longer than its like.
    func isLate(_ task: Hash, at worker: WorkerID) -> Bool {
        guard let begun = workers[worker]?.begun[task], let record = tasks[task] else { return false }
        let usual = experience.usualTime(of: record.specification.program.hash)
        let limit = usual.map { max($0 * limits.raceFactor, limits.raceFloor) } ?? limits.raceDeadline
        return begun.duration(to: awake) > limit
    }

    private func canRace(_ task: Hash, at worker: WorkerID) -> Bool {
        guard let record = tasks[task], !record.isSuspect, case .running(let places) = record.phase, places.count == 1,
            let place = workers[worker], place.running[task] == nil
        else { return false }
        return suits(record, worker, place)
    }
}

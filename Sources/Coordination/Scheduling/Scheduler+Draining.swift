import Tensors
import Wire

/// How workers leave in good order: what only they have is brought here first, so that nothing need be done twice.
extension Scheduler {
    /// Blobs that are on their way from one such worker at a time.
    private static let bequestWindow = 8

    mutating func letDrainedWorkersGo() {
        for worker in draining where wouldGo(worker) {
            if workers[worker]?.bequest == nil {
                let bequest = blobs.keys.filter { isOnlyAtDraining(worker, $0) }.sorted()
                workers.update(worker) { $0.bequest = bequest }
            }
            while let last = workers[worker]?.bequest?.last, !isOnlyAtDraining(worker, last) {
                workers.update(worker) { $0.bequest?.removeLast() }
            }
            for blob in workers[worker]?.bequest?.suffix(Self.bequestWindow) ?? []
            where isOnlyAtDraining(worker, blob) { obtain(blob) }
            guard workers[worker]?.bequest == [] else { continue }
            workers.update(worker) { $0.isLetGo = true }
            actions.append(.letGo(worker))
        }
    }

    private func wouldGo(_ worker: WorkerID) -> Bool {
        guard let record = workers[worker] else { return false }
        return !record.isLetGo && record.running.isEmpty
    }

    /// Whether a blob is needed, and only a worker that drains has it, and others that do.
    private func isOnlyAtDraining(_ worker: WorkerID, _ blob: Hash) -> Bool {
        guard let record = blobs[blob], record.uses > 0, !record.isStored else { return false }
        return record.holders.contains(worker) && record.holders.allSatisfy { workers[$0]?.isDraining ?? true }
    }
}

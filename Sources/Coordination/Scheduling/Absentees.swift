import Tensors
import Wire

/// Workers that are gone, so that one that comes back is recognised. The oldest are forgotten first.
struct Absentees {
    struct Absentee {
        /// Its first session.
        let origin: WorkerID
        let isForeign: Bool
        /// The tasks that ran there and may have killed it.
        let charged: [Hash]
    }

    private var known: [WorkerID: Absentee] = [:]
    private var order: [WorkerID] = []
    private var first = 0

    var count: Int { known.count }

    mutating func add(_ worker: WorkerID, _ origin: WorkerID, isForeign: Bool, _ charged: [Hash], atMost limit: Int) {
        known[worker] = Absentee(origin: origin, isForeign: isForeign, charged: charged)
        order.append(worker)
        while order.count - first > limit {
            known[order[first]] = nil
            first += 1
        }
        guard first > limit else { return }
        order.removeFirst(first)
        first = 0
    }

    /// What is known of a worker that comes back. It stays known: the answer to its greeting may not reach it.
    func take(_ worker: WorkerID) -> Absentee? { known[worker] }
}

/// Some workers, in the order in which they came. There are few, and they are gone through far more often than they change.
struct WorkerSet: Sendable {
    private var workers: [WorkerID] = []

    /// Nobody.
    init() {}

    var isEmpty: Bool { workers.isEmpty }
    var count: Int { workers.count }

    subscript(place: Int) -> WorkerID { workers[place] }

    func contains(_ worker: WorkerID) -> Bool {
        let place = place(of: worker)
        return place < workers.count && workers[place] == worker
    }

    /// Adds a worker, unless it is among them.
    mutating func insert(_ worker: WorkerID) {
        let place = place(of: worker)
        guard place == workers.count || workers[place] != worker else { return }
        workers.insert(worker, at: place)
    }

    /// Takes a worker out, if it is among them.
    mutating func remove(_ worker: WorkerID) {
        let place = place(of: worker)
        if place < workers.count, workers[place] == worker { workers.remove(at: place) }
    }

    /// Takes the worker at a place out.
    mutating func remove(at place: Int) { workers.remove(at: place) }

    /// The first place whose worker did not come before.
    private func place(of worker: WorkerID) -> Int {
        var (low, high) = (0, workers.count)
        while low < high {
            let middle = (low + high) / 2
            if workers[middle] < worker { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension WorkerSet: Sequence {
    /// In order.
    func makeIterator() -> IndexingIterator<[WorkerID]> { workers.makeIterator() }
}

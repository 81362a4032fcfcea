import Tensors

/// Tasks by the order in which they were first submitted.
struct TaskQueue: Sendable {
    /// In order.
    private(set) var elements: [(task: Hash, sequence: Int)] = []

    var count: Int { elements.count }

    func contains(_ sequence: Int) -> Bool {
        let place = place(of: sequence)
        return place < elements.count && elements[place].sequence == sequence
    }

    mutating func insert(_ task: Hash, at sequence: Int) {
        let place = place(of: sequence)
        guard place == elements.count || elements[place].sequence != sequence else { return }
        elements.insert((task, sequence), at: place)
    }

    /// Removes what stands at a place in the order, if anything does.
    mutating func remove(_ sequence: Int) {
        let place = place(of: sequence)
        guard place < elements.count, elements[place].sequence == sequence else { return }
        elements.remove(at: place)
    }

    /// The first task that fulfils a condition.
    func first(where condition: (Hash) -> Bool) -> Hash? { elements.first { condition($0.task) }?.task }

    /// The first index whose sequence is not lower.
    private func place(of sequence: Int) -> Int {
        var (low, high) = (0, elements.count)
        while low < high {
            let middle = (low + high) / 2
            if elements[middle].sequence < sequence { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

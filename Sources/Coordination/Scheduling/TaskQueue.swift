import Tensors

/// Tasks by the order in which they were first submitted. To take the first one costs the same however many there are.
struct TaskQueue: Sendable {
    /// In order; those before `head` are gone.
    private var storage: [(task: Hash, sequence: Int)] = []
    private var head = 0

    /// In order.
    var elements: ArraySlice<(task: Hash, sequence: Int)> { storage[head...] }

    /// Those that come after a place in the order.
    func elements(after sequence: Int) -> ArraySlice<(task: Hash, sequence: Int)> {
        storage[place(of: sequence + 1)...]
    }

    var count: Int { storage.count - head }

    func contains(_ sequence: Int) -> Bool {
        let place = place(of: sequence)
        return place < storage.count && storage[place].sequence == sequence
    }

    mutating func insert(_ task: Hash, at sequence: Int) {
        let place = place(of: sequence)
        guard place == storage.count || storage[place].sequence != sequence else { return }
        if place == head, head > 0 {
            head -= 1
            storage[head] = (task, sequence)
        } else {
            storage.insert((task, sequence), at: place)
        }
    }

    /// Removes what stands at a place in the order, if anything does.
    mutating func remove(_ sequence: Int) {
        let place = place(of: sequence)
        guard place < storage.count, storage[place].sequence == sequence else { return }
        guard place - head < storage.count - place else {
            storage.remove(at: place)
            return
        }
        for index in stride(from: place, to: head, by: -1) { storage[index] = storage[index - 1] }
        head += 1
        guard head > 64, head > storage.count / 2 else { return }
        storage.removeFirst(head)
        head = 0
    }

    /// The first index whose sequence is not lower.
    private func place(of sequence: Int) -> Int {
        var (low, high) = (head, storage.count)
        while low < high {
            let middle = (low + high) / 2
            if storage[middle].sequence < sequence { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

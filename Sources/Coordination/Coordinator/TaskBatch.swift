import Tasks
import Tensors

/// Tasks that a recipe asked for in one go, and what came of them. An object, since each of its tasks changes it.
final class TaskBatch {
    /// The outputs of those that are done.
    private(set) var handles: [[Handle]?]
    /// Those that are under way.
    private(set) var underWay: [Hash?]
    private var left: Int
    /// Why there will be no result, though some of the tasks may still be under way.
    private(set) var error: (any Error)?
    /// Whether nothing of it is under way any more although there is no result.
    var isAbandoned = false
    /// Who waits for all of it.
    var continuation: CheckedContinuation<[[Handle]], any Error>?

    init(count: Int) {
        handles = Array(repeating: nil, count: count)
        underWay = Array(repeating: nil, count: count)
        left = count
    }

    /// All outputs, once every task is done.
    var outputs: [[Handle]]? { left == 0 ? handles.compactMap { $0 } : nil }

    func begin(_ task: Hash, at index: Int) { underWay[index] = task }

    func finish(_ outputs: [Handle], at index: Int) {
        underWay[index] = nil
        handles[index] = outputs
        left -= 1
    }

    /// The first error counts.
    func fail(_ error: any Error) { if self.error == nil { self.error = error } }
}

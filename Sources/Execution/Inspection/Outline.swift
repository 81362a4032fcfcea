import Synchronization
import Tensors

/// What a plan does, item by item, in the order in which it was compiled: collected only when somebody wants to see it.
///
/// An item is one node, or a chain of element-wise nodes that run together. Those of a loop's body follow the loop.
final class Outline {
    /// One item of the plan.
    struct Item: Sendable {
        /// How many loops are around.
        var depth: Int
        /// What is done, as `multiply 2, add`.
        var operation: String
        /// On what, as `f32[2, 3], f32[3] → f32[2]`.
        var types: String
        /// Tells how long it takes.
        var stopwatch: Stopwatch
    }

    private(set) var items: [Item] = []

    /// Adds an item.
    ///
    /// - Returns: its number.
    func begin(_ operation: String, types: String, depth: Int) -> Int {
        items.append(Item(depth: depth, operation: operation, types: types, stopwatch: Stopwatch()))
        return items.count - 1
    }

    /// Adds a node, with the types of its operands and results.
    func begin(_ node: Node, of function: Function, depth: Int) -> Int {
        let operands = node.operands.map { function.types[$0].description }.joined(separator: ", ")
        let results = node.results.map(\.description).joined(separator: ", ")
        return begin(node.primitive.name, types: "\(operands) → \(results)", depth: depth)
    }

    /// An item's steps, timed.
    func timed(_ steps: [any Step], as number: Int) -> [any Step] {
        steps.isEmpty ? [] : [TimedSteps(steps: steps, stopwatch: items[number].stopwatch)]
    }
}

/// How long something took, and how often it was done.
final class Stopwatch: Sendable {
    private let nanoseconds = Atomic<Int>(0)
    private let count = Atomic<Int>(0)

    fileprivate func add(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        nanoseconds.wrappingAdd(Int(seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000), ordering: .relaxed)
        count.wrappingAdd(1, ordering: .relaxed)
    }

    /// What has been measured since the last time.
    func taken() -> (nanoseconds: Int, count: Int) {
        (nanoseconds.exchange(0, ordering: .relaxed), count.exchange(0, ordering: .relaxed))
    }
}

/// Steps whose time is taken.
private struct TimedSteps: Step {
    let steps: [any Step]
    let stopwatch: Stopwatch

    func run(_ context: RunContext) throws(ExecutionError) {
        let start = ContinuousClock.now
        for step in steps { try step.run(context) }
        stopwatch.add(ContinuousClock.now - start)
    }
}

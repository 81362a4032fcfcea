public import Tensors

/// A place where programs run: a coordinator's workers, or this very thread.
public protocol Cluster: Sendable {
    /// Runs small programs on the spot, for arithmetic that reaches a model.
    var local: LocalExecutor { get }

    /// Keeps a tensor in the cluster, so that many tasks can name it without sending or hashing it again.
    func share(_ value: TensorValue) async throws -> Handle

    /// Runs a program once.
    ///
    /// - Returns: handles to the outputs, once the task has finished.
    /// - Throws: `TaskError`, or `CancellationError` when the surrounding Swift task is cancelled.
    func run(_ program: Program, _ work: Work) async throws -> TaskOutputs

    /// Runs a program once for each work. All runs may go on at the same time; the results are in the order of the works.
    ///
    /// - Throws: the first error; the other runs are then cancelled.
    func run(_ program: Program, each works: [Work]) async throws -> [TaskOutputs]

    /// Makes a recipe's progress durable; an earlier snapshot of this name is forgotten. A cluster that keeps nothing does
    /// nothing.
    ///
    /// - Throws: when it cannot be written.
    func save(_ snapshot: Snapshot, as name: String) async throws

    /// The snapshot from which a recipe that is run again goes on; nil when it starts from the beginning.
    ///
    /// - Throws: when what was written is damaged.
    func snapshot(_ name: String) async throws -> Snapshot?
}

/// So many chains are under way at a time: enough for the slots of a large cluster, and each takes some 35 kB until it is done.
let chainsUnderWay = 16_384

extension Cluster {
    /// Runs them as so many tasks that each call `run`. A cluster that has a cheaper way does it in its own.
    public func run(_ program: Program, each works: [Work]) async throws -> [TaskOutputs] {
        try await concurrently(over: works) { try await run(program, $0) }
    }

    /// Does nothing.
    public func save(_ snapshot: Snapshot, as name: String) async throws {}

    /// Nothing is kept.
    public func snapshot(_ name: String) async throws -> Snapshot? { nil }

    /// Runs a program once for each item. All runs may go on at the same time; the results are in the items' order.
    ///
    /// - Throws: the first error; the other runs are then cancelled.
    public func map<Items: Collection>(
        _ program: Program,
        over items: Items,
        work: (Items.Element) throws -> Work
    ) async throws -> [TaskOutputs] {
        try await run(program, each: try items.map(work))
    }

    /// Runs chains of tasks at the same time, one chain for each item, 16,384 of them at most; the results are in the items'
    /// order.
    ///
    /// - Throws: the first error; the other chains are then cancelled.
    public func concurrently<Item: Sendable, Result: Sendable>(
        over items: [Item],
        _ chain: @escaping @Sendable (Item) async throws -> Result
    ) async throws -> [Result] {
        var results: [Result] = []
        results.reserveCapacity(items.count)
        try await concurrently(over: items, chain) { results.append($0) }
        return results
    }

    /// Runs chains of tasks at the same time, one chain for each item, 16,384 of them at most, and takes their results in the
    /// items' order: each as soon as it and all before it are there, so that they need not all lie in memory at once.
    ///
    /// - Throws: the first error, also one of `take`; the other chains are then cancelled.
    public func concurrently<Item: Sendable, Result: Sendable>(
        over items: [Item],
        _ chain: @escaping @Sendable (Item) async throws -> Result,
        take: (Result) throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: (Int, Result).self) { group in
            var waiting = items.enumerated().dropFirst(chainsUnderWay).makeIterator()
            func begin(_ item: (offset: Int, element: Item)) {
                group.addTask { (item.offset, try await chain(item.element)) }
            }
            for item in items.enumerated().prefix(chainsUnderWay) { begin(item) }
            var early: [Int: Result] = [:]
            var next = 0
            while let (index, result) = try await group.next() {
                if let item = waiting.next() {
                    try Task.checkCancellation()
                    begin(item)
                }
                early[index] = result
                while let result = early.removeValue(forKey: next) {
                    try take(result)
                    next += 1
                }
            }
        }
    }
}

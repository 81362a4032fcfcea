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
}

extension Cluster {
    /// Runs a program once for each item. All runs may go on at the same time; the results are in the items' order.
    ///
    /// - Throws: the first error; the other runs are then cancelled.
    public func map<Items: Collection>(
        _ program: Program,
        over items: Items,
        work: (Items.Element) throws -> Work
    ) async throws -> [TaskOutputs] {
        let works = try items.map(work)
        return try await withThrowingTaskGroup(of: (Int, TaskOutputs).self) { group in
            for (index, work) in works.enumerated() {
                group.addTask { (index, try await run(program, work)) }
            }
            var outputs = [TaskOutputs?](repeating: nil, count: works.count)
            while let (index, output) = try await group.next() { outputs[index] = output }
            return outputs.compactMap { $0 }
        }
    }
}

import Datasets
import Execution
import Networks
import Optimizers
import Tasks
import Tensors

@testable import Recipes

/// One step of one head on the table of the examples, at will on the reference or natively.
struct Stepping {
    enum Masking { case none, some, all }

    let learner: TaskLearner
    let trunk: TensorValue
    let head: TensorValue
    private let rest: [TensorValue]

    /// - Parameters:
    ///   - label: The task.
    ///   - weight: η.
    ///   - masking: Which rows of the batch have a label.
    /// - Throws: what tracing throws.
    init(_ label: String = "height", weight: Float = 1, masking: Masking = .some) throws {
        let table = try Example.table()
        let task = PredictionTask(label, head: Example.head(label == "height" ? 1 : 3), training: table)
        learner = try TaskLearner(task, trunk: Example.trunk, optimizer: sgd(rate: 1), batch: 6)
        let local = LocalExecutor()
        trunk = try local.run(learner.trunk.start, [RandomKey(seed: 1).value])[0]
        head = try local.run(learner.head.start, [RandomKey(seed: 2).value])[0]
        let present =
            switch masking {
            case .none: [Float](repeating: 1, count: 10)
            case .some: learner.present.floats
            case .all: [Float](repeating: 0, count: 10)
            }
        rest = [
            learner.features, learner.labels, TensorValue(present), TensorValue((0..<10).map(Int32.init)),
            TensorValue(scalar: 1 as Int32), TensorValue(scalar: weight),
        ]
    }

    func run() throws -> (contribution: TensorValue, head: TensorValue) {
        let outputs = try LocalExecutor().run(learner.step, [trunk, head] + rest)
        return (outputs[0], outputs[1])
    }

    /// The same in double precision, from any trunk and head.
    func reference(trunk: [Double], head: [Double]) throws -> (gradient: [Double], loss: Double, head: [Double]) {
        let state = [ReferenceTensor(self.trunk.type, reals: trunk), ReferenceTensor(self.head.type, reals: head)]
        let outputs = try ReferenceInterpreter().run(learner.step, on: state + rest.map { ReferenceTensor($0) })
        let contribution = outputs[0].doubles
        return (Array(contribution.dropLast(2)), contribution[contribution.count - 2], outputs[1].doubles)
    }
}

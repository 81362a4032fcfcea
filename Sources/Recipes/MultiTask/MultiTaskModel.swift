public import Networks
public import Tasks
public import Tensors

/// A network with a trunk that all tasks share and a head for each.
public struct MultiTaskModel: Sendable {
    /// The layers that all tasks share.
    public let trunk: Sequential
    /// The trunk's weights.
    public let trunkWeights: NamedWeights
    /// The names of the features, in order.
    public let featureNames: [String]
    /// The tasks, in order.
    public let tasks: [TrainedTask]

    /// A network of trained parts.
    ///
    /// - Throws: `RecipeError` when weights are not those of their layers, or a head's output is not what it predicts;
    ///   `LayerError` when the layers do not fit each other.
    public init(
        trunk: Sequential,
        trunkWeights: NamedWeights,
        featureNames: [String],
        tasks: [TrainedTask]
    ) throws {
        self.trunk = trunk
        self.trunkWeights = trunkWeights
        self.featureNames = featureNames
        self.tasks = tasks
        let example = Shape([featureNames.count])
        try trunkWeights.check(against: trunk, example: example)
        let shared = try trunk.outputShape(for: example)
        for task in tasks {
            try task.weights.check(against: task.head, example: shared)
            let (found, needed) = (try task.head.outputShape(for: shared), Shape([task.target.outputs]))
            guard found == needed else { throw RecipeError.headOutput(task: task.name, found: found, needed: needed) }
        }
    }

    /// What the heads say of rows of features.
    ///
    /// - Parameters:
    ///   - features: `f32[rows, features]`.
    ///   - local: Where to compute. Rows are taken in blocks, which changes no bit.
    /// - Returns: one prediction for each task, in order.
    /// - Throws: `RecipeError.featureCount` for data of another width.
    public func predict(
        _ features: TensorValue,
        on local: LocalExecutor = LocalExecutor()
    ) throws -> [TaskPrediction] {
        let weights = trunkWeights.values + tasks.flatMap(\.weights.values)
        let parts = try local.run(on: features, width: featureNames.count, weights, program: program)
        return tasks.enumerated().map { index, task in task.target.prediction(parts.flatMap { $0[index].floats }) }
    }

    /// Inputs: features and weights. Outputs: for each task the probabilities or the numbers of the rows.
    private func program(rows: Int) throws -> Program {
        let ports =
            [Port("x", TensorType(.f32, [rows, featureNames.count]))] + trunkWeights.ports(below: "trunk")
            + tasks.enumerated().flatMap { $1.weights.ports(below: "head \($0)") }
        return try Program.trace(ports) { inputs in
            var rest = inputs.dropFirst()
            func taking(_ weights: NamedWeights) -> Parameters {
                defer { rest = rest.dropFirst(weights.names.count) }
                return Parameters(names: weights.names, tensors: Array(rest.prefix(weights.names.count)))
            }
            let shared = trunk(inputs[0], taking(trunkWeights))
            return tasks.enumerated().map { index, task in
                let outputs = task.head(shared, taking(task.weights))
                return (name: "task \(index)", tensor: task.target.answer(outputs))
            }
        }
    }
}

extension TaskTarget {
    /// What a head's outputs say: probabilities `[rows, classes]`, or numbers `[rows]` in the units of the label.
    fileprivate func answer(_ outputs: Tensor) -> Tensor {
        switch self {
        case .classes: softmax(outputs)
        case .number(let scale):
            outputs.reshaped([outputs.shape[0]]) * Double(scale.scale) + Double(scale.mean)
        }
    }

    /// What `answer` gave.
    fileprivate func prediction(_ answers: [Float]) -> TaskPrediction {
        guard case .classes(let names) = self else { return .numbers(answers) }
        let classes = stride(from: 0, to: answers.count, by: names.count).map { start in
            answers[start..<(start + names.count)].firstLargest
        }
        return .classes(classes, probabilities: answers, count: names.count)
    }
}

public import Networks
public import Tasks
public import Tensors

/// A network that has adapted to a task.
public struct AdaptedModel: Sendable {
    /// What the network says of an example.
    public enum Answers: Hashable, Sendable {
        /// One of these classes, by index.
        case classes([String])
        /// So many numbers.
        case numbers(Int)

        /// How many numbers the network's last layer gives.
        var outputs: Int {
            switch self {
            case .classes(let names): names.count
            case .numbers(let count): count
            }
        }
    }

    /// The network.
    public let model: Sequential
    /// The names of the numbers that an example is made of, in order.
    public let featureNames: [String]
    /// What it says.
    public let answers: Answers
    /// Its weights.
    public let weights: NamedWeights

    /// A network with its weights.
    ///
    /// - Throws: `RecipeError.weights` when the weights are not those of the network, `.output` when it does not answer so,
    ///   `LayerError` when it cannot take such examples.
    public init(model: Sequential, featureNames: [String], answers: Answers, weights: NamedWeights) throws {
        self.model = model
        self.featureNames = featureNames
        self.answers = answers
        self.weights = weights
        let found = try model.outputShape(for: [featureNames.count])
        guard found == [answers.outputs] else { throw RecipeError.output(found: found, needed: [answers.outputs]) }
        try weights.check(against: model, example: [featureNames.count])
    }

    /// What the network says of examples. All are one batch: where it normalises over the batch, each answer depends on all.
    ///
    /// - Parameters:
    ///   - features: `f32 [rows, features]`.
    ///   - local: Where to compute.
    /// - Returns: the probability of each class, or the numbers, `f32 [rows, outputs]`.
    /// - Throws: `RecipeError.featureCount` for data of another width.
    public func predict(_ features: TensorValue, on local: LocalExecutor = LocalExecutor()) throws -> TensorValue {
        try features.requireFeatures(featureNames.count)
        let isClassifier = if case .classes = answers { true } else { false }
        let program = try Program.trace([Port("x", features.type)] + weights.ports) { inputs in
            let says = model(inputs[0], Parameters(names: weights.names, tensors: Array(inputs[1...])))
            return ["says": isClassifier ? softmax(says) : says]
        }
        return try local.run(program, [features] + weights.values)[0]
    }
}

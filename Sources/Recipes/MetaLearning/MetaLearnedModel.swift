public import Datasets
public import Networks
public import Tasks
public import Tensors

/// Parameters from which a network adapts to a new task in a few steps.
public struct MetaLearnedModel: Sendable {
    /// The network.
    public let model: Sequential
    /// The names of the numbers that an example is made of, in order.
    public let featureNames: [String]
    /// What the examples of a task are labelled with.
    public let taskKind: EpisodeKind
    /// How it adapts.
    public let inner: InnerLoop
    /// Where it adapts from.
    public let weights: NamedWeights
    /// The losses while it was trained.
    public let curve: [MetaCurvePoint]
    /// How held-out tasks went; nil when none were asked for.
    public let evaluation: MetaEvaluation?

    /// A model with what it was trained to.
    ///
    /// - Throws: `RecipeError.weights` when the weights are not those of the model, `LayerError` when the model cannot take
    ///   such examples.
    public init(
        model: Sequential,
        featureNames: [String],
        taskKind: EpisodeKind,
        inner: InnerLoop,
        weights: NamedWeights,
        curve: [MetaCurvePoint] = [],
        evaluation: MetaEvaluation? = nil
    ) throws {
        self.model = model
        self.featureNames = featureNames
        self.taskKind = taskKind
        self.inner = inner
        self.weights = weights
        self.curve = curve
        self.evaluation = evaluation
        try weights.check(against: model, example: [featureNames.count])
    }

    /// The tasks of training that were left out since their loss was not finite.
    public var divergedTasks: Int { curve.map(\.diverged).reduce(0, +) }

    /// The weights after some steps of gradient descent on examples of a new task.
    ///
    /// - Parameters:
    ///   - x: The examples, `f32 [rows, features]`.
    ///   - labels: `i32 [rows]` in `0..<ways` for classes, `f32 [rows, outputs]` for numbers.
    ///   - steps: How many; as many as in training when left out.
    ///   - local: Where to compute.
    /// - Returns: the weights of a model of that task.
    /// - Throws: `RecipeError.setting` for a number of steps or for examples that do not fit, `.lossDiverged`.
    public func adapted(
        to x: TensorValue,
        labels: TensorValue,
        steps: Int? = nil,
        on local: LocalExecutor = LocalExecutor()
    ) throws -> NamedWeights {
        try adaptation(to: x, labels: labels, steps: steps, on: local).weights
    }

    /// As `adapted`, with the loss on the examples before each step and after the last; none without a step.
    package func adaptation(
        to x: TensorValue,
        labels: TensorValue,
        steps: Int? = nil,
        on local: LocalExecutor = LocalExecutor()
    ) throws -> (weights: NamedWeights, losses: [Float]) {
        let steps = steps ?? inner.steps
        try RecipeError.require("steps", steps, in: 0...1_000_000)
        let rows = x.shape.sizes.first ?? 0
        let labelType =
            switch taskKind {
            case .classification: TensorType(.i32, [rows])
            case .regression(let outputs): TensorType(.f32, [rows, outputs])
            }
        let expected = (x: TensorType(.f32, [rows, featureNames.count]), labels: labelType)
        guard rows > 0, x.type == expected.x, labels.type == expected.labels else {
            throw RecipeError.setting(
                name: "examples",
                found: "\(x.type) with labels \(labels.type)",
                allowed: "\(expected.x) with labels \(expected.labels), of at least one row"
            )
        }
        guard steps > 0 else { return (weights, []) }
        let learner = EpisodeLearner(model: model, kind: taskKind)
        let head = [Port("x", x.type), Port("labels", labels.type), Port("inner rate", TensorType(.f32, []))]
        let program = try Program.trace(head + weights.ports) { inputs in
            let support = Examples(x: inputs[0], y: inputs[1])
            let start = Parameters(names: weights.names, tensors: Array(inputs[3...]))
            let loop = InnerLoop(rate: inner.rate, steps: steps, order: .first)
            let (end, losses) = loop.adapted(from: start, rate: inputs[2]) { learner.loss($0, on: support) }
            let last = learner.loss(end, on: support)
            return [(name: "losses", tensor: losses), (name: "loss", tensor: last)] + end.outputs
        }
        let outputs = try local.run(program, [x, labels, TensorValue(scalar: Float(inner.rate))] + weights.values)
        let result = try NamedWeights(names: weights.names, values: Array(outputs[2...]))
        let losses = outputs[0].floats + outputs[1].floats
        let step = losses.firstIndex { !$0.isFinite } ?? (result.firstNonFinite == nil ? nil : steps)
        if let step { throw RecipeError.lossDiverged(role: .named("the adaptation"), step: step) }
        return (result, losses)
    }
}

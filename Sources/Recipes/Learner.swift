import Datasets
public import Networks
public import Optimizers
import Tensors

/// How one network learns: its layers, its optimiser, and how long.
public struct Learner: Sendable {
    /// The network.
    public var model: Sequential
    /// What turns gradients into steps.
    public var optimizer: any GradientTransform
    /// How often each example is seen.
    public var epochs: Int
    /// Examples in a step.
    public var batch: Int

    /// A learner.
    public init(_ model: Sequential, optimizer: any GradientTransform, epochs: Int = 20, batch: Int = 32) {
        self.model = model
        self.optimizer = optimizer
        self.epochs = epochs
        self.batch = batch
    }
}

/// Rows to classify.
struct LabelledRows {
    /// Their features, `[batch, features]`.
    var x: Tensor
    /// Their classes, `i32[batch]`.
    var labels: Tensor
    /// How much each counts, `f32[batch]`, 1 on the average; nil where all count alike.
    var weights: Tensor?
}

extension Learner {
    /// The state before the first step, drawn from a key.
    ///
    /// - Throws: `LayerError` when the layers do not fit each other.
    func start(example: Shape, key: Key) throws(LayerError) -> TrainingState {
        TrainingState(
            network: try NetworkState(of: model, optimizer, example: example, key: key),
            divergence: key.tensor.scalar(-1, of: .i32)
        )
    }

    /// The names and types of a state.
    ///
    /// - Throws: `LayerError` when the layers do not fit each other.
    func statePorts(for example: Shape) throws -> [Port] {
        try Program.trace([Port("key", TensorType(.u32, [2]))]) { inputs in
            try start(example: example, key: Key(inputs[0])).named.outputs
        }.outputs
    }

    /// The number of steps in an epoch over some rows. The last batch wraps round to the first rows of its order.
    func steps(over rows: Int) -> Int { (rows + min(batch, rows) - 1) / min(batch, rows) }

    /// The loss of a model on some examples: the mean cross-entropy, or (1/B) Σ wₙ Lₙ where they have weights.
    func loss(_ parameters: Parameters, on examples: LabelledRows) -> Tensor {
        let logits = model(examples.x, parameters)
        guard let weights = examples.weights else { return softmaxCrossEntropy(logits, labels: examples.labels) }
        return weightedCrossEntropy(logits, labels: examples.labels, weights: weights)
    }

    /// One step of classification on some examples.
    ///
    /// - Parameters:
    ///   - state: The state before it.
    ///   - examples: The batch.
    ///   - number: The number of the step, `i32[]`, from 0.
    /// - Returns: the state after it.
    func step(_ state: TrainingState, on examples: LabelledRows, number: Tensor) -> TrainingState {
        let (loss, gradient) = valueAndGradient(at: state.network.parameters) { self.loss($0, on: examples) }
        var next = state
        next.network = state.network.stepped(by: gradient, optimizer)
        next.note(step: number, isFinite: loss.allFinite)
        return next
    }

    /// A part of a fit: some epochs of classification, each over all rows in a random order of its own.
    ///
    /// - Parameters:
    ///   - start: The state before them.
    ///   - segment: How many epochs, and whether they are the last: then weights that are not finite count as a
    ///     divergence at the last step, since no later loss tells.
    ///   - first: The number of the first epoch, `i32[]`, which keys its order.
    ///   - rows: The number of rows to choose from.
    ///   - key: The source of the orders.
    ///   - examplesAt: Some of these rows, by their numbers (`i32[batch]`).
    /// - Returns: the state after them.
    func fit(
        _ start: TrainingState,
        _ segment: FitSegment,
        from first: Tensor,
        rows: Int,
        key: Key,
        examplesAt: (Tensor) -> LabelledRows
    ) -> TrainingState {
        let size = min(batch, rows)
        let steps = steps(over: rows)
        var trained = scan(start, count: segment.epochs) { state, epoch in
            let order = key.child(first + epoch).permutation(rows)
            let wrapped = concatenate([order, order.sliced(axis: 0, 0..<(steps * size - rows))], axis: 0)
            let numbers = (first + epoch) * Double(steps) + order.iota(.i32, [steps], axis: 0)
            let trained = scan(state, over: Pair(wrapped.reshaped([steps, size]), numbers)) { state, batch in
                (step(state, on: examplesAt(batch.first), number: batch.second), Nothing())
            }
            return (trained.carry, Nothing())
        }.carry
        if segment.isLast {
            let last = (first + Double(segment.epochs)) * Double(steps) - 1
            trained.note(step: last, isFinite: trained.isFinite)
        }
        return trained
    }

    /// Refuses what cannot run or learn: numbers out of range, data without rows of a class, a model of another output.
    ///
    /// - Throws: `RecipeError.setting` or `.output`, `DatasetError.notClasses` or `.classMissingFromTraining`, `LayerError`.
    func check(on data: Dataset) throws {
        try RecipeError.require("epochs", epochs, in: 1...1_000_000)
        try RecipeError.require("batch", batch, in: 1...1_000_000)
        let classes = try data.classes
        try data.requireRowsOfEachClass()
        let found = try model.outputShape(for: [data.featureCount])
        guard found == [classes.names.count] else {
            throw RecipeError.output(found: found, needed: [classes.names.count])
        }
        try model.requireWeights(for: [data.featureCount])
    }
}

/// The cross-entropy of the true classes by weight, (1/B) Σ wₙ Lₙ with Lₙ = −log softmax(logits)[label].
///
/// Where weights average 1 over all rows, its mean over batches is the weighted loss of the rows; and whole weights, scaled
/// so that they do, give what as many copies of each row would give.
///
/// - Parameters:
///   - logits: Scores before softmax, `[batch, classes]`.
///   - labels: The true class of each row, `i32[batch]`.
///   - weights: How much each row counts, `[batch]`, none negative.
/// - Returns: The loss in nats, `[]`.
func weightedCrossEntropy(_ logits: Tensor, labels: Tensor, weights: Tensor) -> Tensor {
    let scores = logSoftmax(logits)
    let isLabel = logits.iota(.i32, logits.shape, axis: 1) .== labels.broadcast(to: logits.shape, axes: [0])
    return -((select(isLabel, scores, scores.filled(0)).sum(over: [1]) * weights).mean())
}

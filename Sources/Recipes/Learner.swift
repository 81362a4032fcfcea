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

/// What a step changes: the parameters, and what the optimiser remembers.
struct TrainingState: TensorGroup {
    var parameters: Parameters
    var optimizer: Parameters

    var tensors: [Tensor] { parameters.tensors + optimizer.tensors }

    func with(_ tensors: [Tensor]) -> TrainingState {
        let count = parameters.tensors.count
        return TrainingState(
            parameters: parameters.with(Array(tensors[..<count])),
            optimizer: optimizer.with(Array(tensors[count...]))
        )
    }

    /// The tensors below `parameters` and `optimizer`.
    var named: Parameters {
        var all = Parameters()
        all.add(parameters, below: "parameters")
        all.add(optimizer, below: "optimizer")
        return all
    }

    init(parameters: Parameters, optimizer: Parameters) {
        self.parameters = parameters
        self.optimizer = optimizer
    }

    /// Reads what `named` wrote.
    init(named: Parameters) {
        self.init(parameters: named.below("parameters"), optimizer: named.below("optimizer"))
    }
}

extension Learner {
    /// The state before the first step, drawn from a key.
    ///
    /// - Throws: `LayerError` when the layers do not fit each other.
    func start(example: Shape, key: Key) throws(LayerError) -> TrainingState {
        let parameters = try model.parameters(for: example, key: key)
        return TrainingState(parameters: parameters, optimizer: optimizer.start(for: parameters))
    }

    /// The number of steps in an epoch over some rows. The last batch wraps round to the first rows of its order.
    func steps(over rows: Int) -> Int { (rows + min(batch, rows) - 1) / min(batch, rows) }

    /// One step of classification on some rows.
    ///
    /// - Parameters:
    ///   - state: The state before it.
    ///   - x: The batch's features, `[batch, features]`.
    ///   - labels: The batch's classes, `i32[batch]`.
    /// - Returns: the state after it.
    func step(_ state: TrainingState, x: Tensor, labels: Tensor) -> TrainingState {
        let gradient = gradient(at: state.parameters) { parameters in
            softmaxCrossEntropy(model(x, parameters), labels: labels)
        }
        var next = state
        next.parameters = optimizer.step(state.parameters, gradient: gradient, state: &next.optimizer)
        return next
    }

    /// Some epochs of classification, each over all rows in a random order of its own.
    ///
    /// - Parameters:
    ///   - state: The state before them.
    ///   - first: The number of the first epoch, `i32[]`, which keys its order.
    ///   - count: How many epochs.
    ///   - rows: The number of rows to choose from.
    ///   - key: The source of the orders.
    ///   - rowsOf: The features and classes of some of these rows, by their numbers (`i32[batch]`).
    /// - Returns: the state after them.
    func epochs(
        _ state: TrainingState,
        from first: Tensor,
        count: Int,
        rows: Int,
        key: Key,
        batch rowsOf: (Tensor) -> (x: Tensor, labels: Tensor)
    ) -> TrainingState {
        let size = min(batch, rows)
        let steps = steps(over: rows)
        return scan(state, count: count) { state, epoch in
            let order = key.child(first + epoch).permutation(rows)
            let wrapped = concatenate([order, order.sliced(axis: 0, 0..<(steps * size - rows))], axis: 0)
            let trained = scan(state, over: wrapped.reshaped([steps, size])) { state, rows in
                let (x, labels) = rowsOf(rows)
                return (step(state, x: x, labels: labels), Nothing())
            }
            return (trained.carry, Nothing())
        }.carry
    }
}

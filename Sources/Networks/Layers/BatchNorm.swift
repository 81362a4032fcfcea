public import Tensors

/// Each channel brought to mean 0 and variance 1 over the batch at hand, then stretched by γ and moved by β. Ioffe and
/// Szegedy 2015, algorithm 1.
///
/// The statistics are always those of the batch, in training and afterwards: an example's output depends on the others.
public struct BatchNorm: Layer {
    /// ε, added to the variance.
    public var epsilon: Double

    /// Normalisation over the batch.
    ///
    /// - Precondition: `epsilon` is positive.
    public init(epsilon: Double = 1e-5) {
        precondition(epsilon > 0, "ε keeps the variance away from 0")
        self.epsilon = epsilon
    }

    init(specification: LayerSpecification) throws(LayerError) {
        try specification.only(["epsilon"])
        self.init(epsilon: try specification.positive("epsilon", default: 1e-5))
    }

    /// `batch_norm`, with ε where it is not the default.
    public var specification: LayerSpecification {
        LayerSpecification("batch_norm", epsilon == 1e-5 ? [:] : ["epsilon": .number(epsilon)])
    }

    /// True: it needs other examples of the same batch.
    public var usesBatchStatistics: Bool { true }

    /// The same shape, which has an axis of channels.
    public func outputShape(for input: Shape) throws(LayerError) -> Shape {
        guard input.rank >= 1 else {
            throw .input(layer: "batch_norm", shape: input, reason: "it needs an axis of channels")
        }
        return input
    }

    /// `gamma [channels]` of ones and `beta [channels]` of zeros.
    public func parameters(for input: Shape, key: Key) -> Parameters {
        let zeros = key.uniform([]).filled(0, shape: [input[-1]])
        return Parameters(names: ["gamma", "beta"], tensors: [zeros.filled(1), zeros])
    }

    /// `[batch, …, channels] → [batch, …, channels]`; γ (x − μ) / √(σ² + ε) + β, μ and σ² over all axes but the last.
    public func callAsFunction(_ x: Tensor, _ p: Parameters) -> Tensor {
        guard x.rank >= 2 else { return x.invalid("batch_norm", because: "takes [batch, …, channels]") }
        let others = Array(0..<(x.rank - 1))
        let centred = x - x.mean(over: others)
        let variance = (centred * centred).mean(over: others)
        return centred * ((variance + epsilon).reciprocalSquareRoot() * p["gamma"]) + p["beta"]
    }
}

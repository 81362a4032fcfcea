public import Tensors

/// Gradients divided by their own recent size: Kingma and Ba, "Adam", 2015, algorithm 1.
public struct ScaleByAdam: GradientTransform {
    /// β₁ and β₂: how much of the mean and of the mean square is kept in each step.
    public var decay: (mean: Double, square: Double)
    /// ε, added to the root.
    public var epsilon: Double

    /// Adam's scaling.
    public init(decay: (mean: Double, square: Double) = (0.9, 0.999), epsilon: Double = 1e-8) {
        self.decay = decay
        self.epsilon = epsilon
    }

    /// Zero moments, and their weights so far: 1 − β₁ᵗ and 1 − β₂ᵗ at t = 0.
    public func start(for parameters: Parameters) -> Parameters {
        var state = Parameters()
        guard let any = parameters.tensors.first else { return state }
        state["mean-weight"] = any.scalar(0, of: .f32)
        state["square-weight"] = any.scalar(0, of: .f32)
        state.add(parameters.map { $0.filled(0) }, below: "mean")
        state.add(parameters.map { $0.filled(0) }, below: "square")
        return state
    }

    /// m̂ / (√v̂ + ε)
    public func update(_ gradient: Parameters, state: inout Parameters, at parameters: Parameters) -> Parameters {
        guard !gradient.tensors.isEmpty else { return gradient }
        // 1 − βᵗ = β (1 − βᵗ⁻¹) + (1 − β), which unlike a difference from 1 loses no digits.
        let meanWeight = state["mean-weight"] * decay.mean + (1 - decay.mean)
        let squareWeight = state["square-weight"] * decay.square + (1 - decay.square)
        let mean = state.below("mean").zipped(with: gradient) { m, g in
            m * decay.mean + g * (1 - decay.mean)  // mₜ = β₁ mₜ₋₁ + (1 − β₁) gₜ
        }
        let square = state.below("square").zipped(with: gradient) { v, g in
            v * decay.square + g * g * (1 - decay.square)  // vₜ = β₂ vₜ₋₁ + (1 − β₂) gₜ²
        }
        state["mean-weight"] = meanWeight
        state["square-weight"] = squareWeight
        state.add(mean, below: "mean")
        state.add(square, below: "square")
        let meanScale = 1 / meanWeight
        let squareScale = 1 / squareWeight
        return mean.zipped(with: square) { m, v in
            m * meanScale / ((v * squareScale).squareRoot() + epsilon)
        }
    }
}

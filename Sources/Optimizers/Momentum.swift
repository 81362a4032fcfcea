public import Tensors

/// A running sum of gradients, older ones weighing less: vₜ = ρ vₜ₋₁ + gₜ. Polyak 1964, as in Sutskever et al. 2013.
public struct Momentum: GradientTransform {
    /// ρ, in 0..<1.
    public var decay: Double

    /// Momentum of a fixed decay.
    public init(_ decay: Double) { self.decay = decay }

    /// No velocity.
    public func start(for parameters: Parameters) -> Parameters {
        var state = Parameters()
        state.add(parameters.map { $0.filled(0) }, below: "velocity")
        return state
    }

    /// ρ v + g
    public func update(_ gradient: Parameters, state: inout Parameters, at parameters: Parameters) -> Parameters {
        let velocity = state.below("velocity").zipped(with: gradient) { v, g in v * decay + g }
        state.add(velocity, below: "velocity")
        return velocity
    }
}

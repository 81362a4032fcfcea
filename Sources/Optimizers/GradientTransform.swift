public import Tensors

/// One link in the chain from a gradient to a step: a starting state and one update. It does not own the model.
public protocol GradientTransform: Sendable {
    /// The state before the first step, as named tensors in the parameters' program.
    func start(for parameters: Parameters) -> Parameters

    /// Turns a gradient, or what the link before made of it, into what is handed on.
    ///
    /// - Parameters:
    ///   - gradient: In the structure of the parameters.
    ///   - state: The transform's own, which is replaced by the next one.
    ///   - parameters: Where the gradient was taken.
    /// - Returns: the update; the last link's is added to the parameters.
    func update(_ gradient: Parameters, state: inout Parameters, at parameters: Parameters) -> Parameters
}

extension GradientTransform {
    /// This transform, then another.
    public func then(_ next: any GradientTransform) -> Chain { Chain(self, next) }

    /// One step: the parameters with the update added.
    public func step(_ parameters: Parameters, gradient: Parameters, state: inout Parameters) -> Parameters {
        let update = update(gradient, state: &state, at: parameters)
        return parameters.zipped(with: update) { $0 + $1 }
    }
}

import Networks
import Optimizers
import Tensors

/// What a step changes of a network: its parameters, and what the optimiser remembers.
struct NetworkState: TensorGroup {
    var parameters: Parameters
    var optimizer: Parameters

    var tensors: [Tensor] { parameters.tensors + optimizer.tensors }

    func with(_ tensors: [Tensor]) -> NetworkState {
        let parts = Pair(parameters, optimizer).with(tensors)
        return NetworkState(parameters: parts.first, optimizer: parts.second)
    }

    /// The tensors below `parameters` and `optimizer`.
    var named: Parameters {
        var all = Parameters()
        all.add(parameters, below: "parameters")
        all.add(optimizer, below: "optimizer")
        return all
    }

    /// The state after a step by a gradient of the parameters.
    func stepped(by gradient: Parameters, _ optimizer: any GradientTransform) -> NetworkState {
        var next = self
        next.parameters = optimizer.step(parameters, gradient: gradient, state: &next.optimizer)
        return next
    }
}

extension NetworkState {
    /// Reads what `named` wrote.
    init(named: Parameters) {
        self.init(parameters: named.below("parameters"), optimizer: named.below("optimizer"))
    }

    /// The state before the first step, drawn from a key.
    ///
    /// - Throws: `LayerError` when the layers do not fit each other.
    init(
        of model: Sequential,
        _ optimizer: any GradientTransform,
        example: Shape,
        key: Key
    ) throws(LayerError) {
        let parameters = try model.parameters(for: example, key: key)
        self.init(parameters: parameters, optimizer: optimizer.start(for: parameters))
    }
}

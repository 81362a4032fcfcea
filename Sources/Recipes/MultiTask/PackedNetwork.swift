import Networks
import Optimizers
import Tensors

/// A network that learns step by step, and how its parameters and the optimiser's state make one vector.
struct PackedNetwork: Sendable {
    let model: Sequential
    let optimizer: any GradientTransform
    /// The state's tensors: the parameters first, then what the optimiser remembers.
    let state: PackedLayout
    /// Input: `key`. Output: the `state` before the first step.
    let start: Program

    /// - Throws: `LayerError` when the layers do not fit each other, `RecipeError.setting` when they have no weights.
    init(_ model: Sequential, as name: String, example: Shape, optimizer: any GradientTransform) throws {
        self.model = model
        self.optimizer = optimizer
        func fresh(_ key: Tensor) throws(LayerError) -> Parameters {
            let parameters = try model.parameters(for: example, key: Key(key))
            return NetworkState(parameters: parameters, optimizer: optimizer.start(for: parameters)).named
        }
        let key = Port("key", TensorType(.u32, [2]))
        state = PackedLayout(
            ports: try Program.trace([key]) { inputs in
                let state = try fresh(inputs[0])
                return zip(state.names, state.tensors).map { (name: $0, tensor: $1) }
            }.outputs
        )
        guard !state.below("parameters").ports.isEmpty else {
            throw RecipeError.setting(name: name, found: "without weights", allowed: "layers with something to learn")
        }
        start = try Program.trace([key]) { ["state": PackedLayout.packed(try fresh($0[0]))] }
    }

    /// The parameters, with which the state begins.
    var parameters: PackedLayout { state.below("parameters") }

    /// The parts of a state's vector.
    func unpacked(_ vector: Tensor) -> NetworkState { NetworkState(named: state.unpacked(vector)) }

    /// The parameters' vector, cut from a state's.
    func parameters(of state: TensorValue) -> TensorValue {
        let type = parameters.port("parameters").type
        guard let value = TensorValue(type: type, bytes: Array(state.bytes.prefix(type.byteCount))) else {
            preconditionFailure("a state begins with the parameters")
        }
        return value
    }
}

/// What a step changes of a network: its parameters, and what the optimiser remembers.
struct NetworkState {
    var parameters: Parameters
    var optimizer: Parameters

    /// The tensors below `parameters` and `optimizer`.
    var named: Parameters {
        var all = Parameters()
        all.add(parameters, below: "parameters")
        all.add(optimizer, below: "optimizer")
        return all
    }
}

extension NetworkState {
    /// Reads what `named` wrote.
    init(named: Parameters) {
        self.init(parameters: named.below("parameters"), optimizer: named.below("optimizer"))
    }
}

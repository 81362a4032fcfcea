import Networks
import Optimizers
import Tasks
import Tensors

/// A network that learns step by step, and how its parameters and the optimiser's state make one vector.
struct PackedNetwork: Sendable {
    let model: Sequential
    let optimizer: any GradientTransform
    /// The state's tensors: the parameters first, then what the optimiser remembers.
    let state: PackedLayout
    /// The parameters, with which the state begins.
    let parameters: PackedLayout
    /// Input: `key`. Output: the `state` before the first step.
    let start: Program

    /// - Throws: `LayerError` when the layers do not fit each other, `RecipeError.setting` when they have no weights.
    init(_ model: Sequential, as name: String, example: Shape, optimizer: any GradientTransform) throws {
        self.model = model
        self.optimizer = optimizer
        func fresh(_ key: Tensor) throws(LayerError) -> Parameters {
            try NetworkState(of: model, optimizer, example: example, key: Key(key)).named
        }
        let key = Port("key", TensorType(.u32, [2]))
        state = PackedLayout(ports: try Program.trace([key]) { try fresh($0[0]).outputs }.outputs)
        parameters = state.below("parameters")
        guard !parameters.ports.isEmpty else {
            throw RecipeError.setting(name: name, found: "without weights", allowed: "layers with something to learn")
        }
        start = try Program.trace([key]) { ["state": PackedLayout.packed(try fresh($0[0]))] }
    }

    /// The state before the first step, drawn from a key.
    func start(_ key: RandomKey, on local: LocalExecutor) throws -> TensorValue {
        try local.run(start, [key.value])[0]
    }

    /// The parts of a state's vector.
    func unpacked(_ vector: Tensor) -> NetworkState { NetworkState(named: state.unpacked(vector)) }

    /// A state's vector after a step by the vector of a gradient of the parameters.
    func stepped(_ vector: Tensor, by gradient: Tensor) -> Tensor {
        PackedLayout.packed(unpacked(vector).stepped(by: parameters.unpacked(gradient), optimizer).named)
    }

    /// The parameters' vector, cut from a state's.
    func parameters(of state: TensorValue) -> TensorValue {
        let type = parameters.port("parameters").type
        guard let value = TensorValue(type: type, bytes: Array(state.bytes.prefix(type.byteCount))) else {
            preconditionFailure("a state begins with the parameters")
        }
        return value
    }
}

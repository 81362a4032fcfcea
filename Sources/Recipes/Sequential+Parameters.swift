import Networks
import Tensors

extension Sequential {
    /// The names and types of the parameters for examples of a shape.
    ///
    /// - Throws: `LayerError` when the layers do not fit each other.
    func parameterPorts(for example: Shape) throws -> [Port] {
        try Program.trace([Port("key", TensorType(.u32, [2]))]) { inputs in
            try parameters(for: example, key: Key(inputs[0])).outputs
        }.outputs
    }

    /// Refuses layers that have nothing to learn.
    ///
    /// - Throws: `RecipeError.setting`, and `LayerError` when the layers do not fit each other.
    func requireWeights(for example: Shape) throws {
        guard try parameterPorts(for: example).isEmpty else { return }
        throw RecipeError.setting(name: "model", found: "without weights", allowed: "layers with something to learn")
    }

    /// The number of weights for examples of a shape.
    ///
    /// - Throws: `LayerError` when the layers do not fit each other.
    func weightCount(for example: Shape) throws -> Int {
        try parameterPorts(for: example).map(\.type.shape.count).reduce(0, +)
    }
}

import Networks
public import Tensors

/// The weights of one network, by name.
public struct NetworkWeights: Hashable, Sendable {
    /// The paths, as `layers.0.weight`.
    public let names: [String]
    /// One tensor for each name.
    public let values: [TensorValue]

    /// Names tensors.
    ///
    /// - Throws: `RecipeError.weights` when names and tensors do not pair up.
    public init(names: [String], values: [TensorValue]) throws(RecipeError) {
        guard names.count == values.count, Set(names).count == names.count else {
            throw .weights("\(names.count) names for \(values.count) tensors")
        }
        self.names = names
        self.values = values
    }

    init(_ tensors: [(name: String, value: TensorValue)]) {
        names = tensors.map(\.name)
        values = tensors.map(\.value)
    }

    /// The tensors as inputs of a program, named below a path.
    func ports(below path: String) -> [Port] { zip(names, values).map { Port("\(path).\($0)", $1.type) } }

    /// Checks that these are the weights of a model.
    ///
    /// - Throws: `RecipeError.weights` when they are not, `LayerError` when the model cannot take such examples.
    func check(_ model: Sequential, example: Shape) throws {
        let needed = try Program.trace([Port("key", TensorType(.u32, [2]))]) { inputs in
            let parameters = try model.parameters(for: example, key: Key(inputs[0]))
            return zip(parameters.names, parameters.tensors).map { (name: $0, tensor: $1) }
        }.outputs
        let found = zip(names, values).map { Port($0, $1.type) }
        guard Set(found) == Set(needed) else {
            throw RecipeError.weights(
                "the model has \(needed.map { "\($0.name) \($0.type)" }.joined(separator: ", ")), but there are "
                    + found.map { "\($0.name) \($0.type)" }.joined(separator: ", ")
            )
        }
    }
}

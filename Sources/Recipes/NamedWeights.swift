public import Tensors

/// The weights of one network.
public struct NamedWeights: Hashable, Sendable {
    /// The paths, as `layers.0.weight`.
    public let names: [String]
    /// One tensor for each name.
    public let values: [TensorValue]

    /// Names tensors.
    ///
    /// - Throws: `RecipeError.weights` when names and tensors do not pair up.
    public init(names: [String], values: [TensorValue]) throws(RecipeError) {
        guard !names.isEmpty, names.count == values.count, Set(names).count == names.count else {
            throw .weights("\(names.count) names for \(values.count) tensors")
        }
        for (name, value) in zip(names, values) where value.type.element != .f32 {
            throw .weights("'\(name)' is \(value.type), and must be f32")
        }
        self.names = names
        self.values = values
    }

    /// The first tensor that holds an infinity or NaN.
    var firstNonFinite: String? {
        zip(names, values).first { !$1.floats.allSatisfy(\.isFinite) }?.0
    }

    /// Refuses weights that are not those of a model.
    ///
    /// - Throws: `RecipeError.weights`.
    func require(_ expected: [Port]) throws(RecipeError) {
        let found = zip(names, values).map { Port($0, $1.type) }
        guard Set(found) == Set(expected) else {
            func list(_ ports: [Port]) -> String { ports.map { "\($0.name) \($0.type)" }.joined(separator: ", ") }
            throw .weights("the model has \(list(expected)), but there are \(list(found))")
        }
    }
}

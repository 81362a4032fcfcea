import Networks
public import Tensors

/// The weights of one network.
public struct NamedWeights: Hashable, Sendable {
    /// The paths, as `layers.0.weight`.
    public let names: [String]
    /// One tensor for each name.
    public let values: [TensorValue]

    /// Names tensors.
    ///
    /// - Throws: `RecipeError.weights` when names and tensors do not pair up, or a tensor is not `f32`.
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

    /// The tensors as they stand in a file, in the order of their names.
    ///
    /// - Throws: `RecipeError.weights` when there are none, or one is not `f32`.
    package init(_ tensors: [String: TensorValue]) throws(RecipeError) {
        let ordered = tensors.sorted { $0.key < $1.key }
        try self.init(names: ordered.map(\.key), values: ordered.map(\.value))
    }

    /// The tensors by name.
    package var tensors: [String: TensorValue] { Dictionary(zip(names, values)) { first, _ in first } }

    /// The tensors as inputs of a program.
    var ports: [Port] { zip(names, values).map { Port($0, $1.type) } }

    /// The tensors as inputs of a program of several networks, named below a path.
    func ports(below path: String) -> [Port] { ports.map { Port("\(path).\($0.name)", $0.type) } }

    /// The first tensor that holds an infinity or NaN.
    var firstNonFinite: String? {
        zip(names, values).first { !$1.floats.allSatisfy(\.isFinite) }?.0
    }

    /// Refuses weights that are not those of a model.
    ///
    /// - Throws: `RecipeError.weights` when they are not, `LayerError` when the model cannot take such examples.
    func check(against model: Sequential, example: Shape) throws {
        try ports.check(against: model.parameterPorts(for: example))
    }
}

extension [Port] {
    /// Refuses weights of other names or types than those that a model has.
    ///
    /// - Throws: `RecipeError.weights`.
    func check(against needed: [Port]) throws(RecipeError) {
        guard Set(self) == Set(needed) else {
            func list(_ ports: [Port]) -> String { ports.map { "\($0.name) \($0.type)" }.joined(separator: ", ") }
            throw .weights("the model has \(list(needed)), but there are \(list(self))")
        }
    }
}

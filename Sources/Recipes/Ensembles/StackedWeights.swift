import Networks
import Tasks
public import Tensors

/// The weights of all members of an ensemble: each tensor has the members on its first axis.
public struct StackedWeights: Hashable, Sendable {
    /// The paths, as `layers.0.weight`.
    public let names: [String]
    /// One tensor for each name, `[members, …]`.
    public let values: [TensorValue]

    /// Names tensors.
    ///
    /// - Throws: `RecipeError.weights` when names and tensors do not pair up or hold unlike numbers of members.
    public init(names: [String], values: [TensorValue]) throws(RecipeError) {
        guard !names.isEmpty, names.count == values.count, Set(names).count == names.count else {
            throw .weights("\(names.count) names for \(values.count) tensors")
        }
        for (name, value) in zip(names, values)
        where value.shape.rank == 0 || value.type.element != .f32 || value.shape[0] != values[0].shape.sizes.first {
            throw .weights("'\(name)' is \(value.type), and must be f32 with one slice for each member")
        }
        self.names = names
        self.values = values
    }

    init(names: [String], of outputs: TaskOutputs) async throws {
        var values: [TensorValue] = []
        for name in names { values.append(try await outputs[name].value) }
        try self.init(names: names, values: values)
    }

    /// The members of several, one after another.
    init(joining parts: [StackedWeights]) throws(RecipeError) {
        guard let first = parts.first else { throw .weights("there are no members") }
        var values: [TensorValue] = []
        for (index, value) in first.values.enumerated() {
            let members = parts.map { $0.values[index].shape[0] }.reduce(0, +)
            let type = TensorType(value.type.element, Shape([members] + value.shape.sizes.dropFirst()))
            guard let joined = TensorValue(type: type, bytes: parts.flatMap { $0.values[index].bytes }) else {
                throw .weights("'\(first.names[index])' has members of unlike shapes")
            }
            values.append(joined)
        }
        try self.init(names: first.names, values: values)
    }

    /// The number of members.
    public var memberCount: Int { values[0].shape[0] }

    /// Some of the members, in the order given.
    func members(at indices: [Int]) throws(RecipeError) -> StackedWeights {
        guard indices != Array(0..<memberCount) else { return self }
        var chosen: [TensorValue] = []
        for (name, value) in zip(names, values) {
            let type = TensorType(value.type.element, Shape([indices.count] + value.shape.sizes.dropFirst()))
            let stride = value.bytes.count / max(1, memberCount)
            let bytes = indices.flatMap { value.bytes[($0 * stride)..<(($0 + 1) * stride)] }
            guard let part = TensorValue(type: type, bytes: bytes) else { throw .weights("'\(name)' lacks members") }
            chosen.append(part)
        }
        return try StackedWeights(names: names, values: chosen)
    }

    /// Refuses weights that are not those of a model.
    ///
    /// - Parameters:
    ///   - model: Whose weights they are to be.
    ///   - features: The number of features that it sees.
    /// - Throws: `RecipeError.weights`, or `LayerError` when the model cannot take such features.
    func check(against model: Sequential, features: Int) throws {
        let start = try Program.trace([Port("key", TensorType(.u32, [2]))]) { inputs in
            let parameters = try model.parameters(for: [features], key: Key(inputs[0]))
            return zip(parameters.names, parameters.tensors).map { (name: $0, tensor: $1) }
        }
        var expected = start.outputs
        if names.contains("features") { expected.append(Port("features", TensorType(.f32, [features]))) }
        let found = zip(names, values).map { name, value in
            Port(name, TensorType(value.type.element, Shape(Array(value.shape.sizes.dropFirst()))))
        }
        guard Set(found) == Set(expected) else {
            throw RecipeError.weights(
                "the model has \(expected.map { "\($0.name) \($0.type)" }.joined(separator: ", ")), but there are "
                    + found.map { "\($0.name) \($0.type)" }.joined(separator: ", ")
            )
        }
    }
}

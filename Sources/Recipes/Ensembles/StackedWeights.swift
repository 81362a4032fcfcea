import Networks
import Tasks
public import Tensors

/// The weights of all members of an ensemble: each tensor has the members on its first axis.
public struct StackedWeights: Hashable, Sendable {
    /// One tensor for each name, `[members, …]`.
    package let named: NamedWeights

    /// Tensors of members.
    ///
    /// - Throws: `RecipeError.weights` when they hold unlike numbers of members.
    package init(_ named: NamedWeights) throws(RecipeError) {
        let members = named.values[0].shape.sizes.first
        for (name, value) in zip(named.names, named.values)
        where value.shape.rank == 0 || value.shape[0] != members {
            throw .weights("'\(name)' is \(value.type), and must have one slice for each member")
        }
        self.named = named
    }

    /// Names tensors.
    ///
    /// - Throws: `RecipeError.weights` when names and tensors do not pair up or hold unlike numbers of members.
    public init(names: [String], values: [TensorValue]) throws(RecipeError) {
        try self.init(NamedWeights(names: names, values: values))
    }

    /// The paths, as `layers.0.weight`.
    public var names: [String] { named.names }

    /// One tensor for each name, `[members, …]`.
    public var values: [TensorValue] { named.values }

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
            var bytes: [UInt8] = []
            bytes.reserveCapacity(type.byteCount)
            for part in parts { bytes += part.values[index].bytes }
            guard let joined = TensorValue(type: type, bytes: bytes) else {
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
            let all = value.bytes
            let stride = all.count / max(1, memberCount)
            let bytes = indices.flatMap { all[($0 * stride)..<(($0 + 1) * stride)] }
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
        var needed = try model.parameterPorts(for: [features])
        if names.contains("features") { needed.append(Port("features", TensorType(.f32, [features]))) }
        let found = named.ports.map { port in
            Port(port.name, TensorType(port.type.element, Shape(Array(port.type.shape.sizes.dropFirst()))))
        }
        try found.check(against: needed)
    }
}

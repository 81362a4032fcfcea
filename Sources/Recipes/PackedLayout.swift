import Tensors

/// Named tensors as one vector, so that a step sends and names one blob for each part and not a dozen.
struct PackedLayout: Hashable, Sendable {
    /// The tensors in the order in which their elements follow each other; all `f32`.
    let ports: [Port]

    /// The number of elements.
    var count: Int { ports.map(\.type.shape.count).reduce(0, +) }

    /// What the vector of all is called as an input or output.
    func port(_ name: String) -> Port { Port(name, TensorType(.f32, [count])) }

    /// The first tensors, those below a path.
    func below(_ path: String) -> PackedLayout {
        PackedLayout(
            ports: ports.filter { $0.name.hasPrefix(path + ".") }
                .map { Port(String($0.name.dropFirst(path.count + 1)), $0.type) }
        )
    }

    /// The vector of tensors in the order of the layout.
    static func packed(_ parameters: Parameters) -> Tensor {
        concatenate(parameters.tensors.map { $0.reshaped([$0.shape.count]) }, axis: 0)
    }

    /// The tensors of a vector, which may go on after them.
    func unpacked(_ vector: Tensor) -> Parameters {
        var start = 0
        var tensors: [Tensor] = []
        for port in ports {
            let end = start + port.type.shape.count
            tensors.append(vector.sliced(axis: 0, start..<end).reshaped(port.type.shape))
            start = end
        }
        return Parameters(names: ports.map(\.name), tensors: tensors)
    }

    /// The tensors of a vector of numbers, which may go on after them.
    ///
    /// - Throws: `RecipeError.weights` when there are none.
    func weights(_ vector: TensorValue) throws(RecipeError) -> NamedWeights {
        var rest = vector.bytes[...]
        let values = ports.map { port in
            defer { rest = rest.dropFirst(port.type.byteCount) }
            guard let value = TensorValue(type: port.type, bytes: Array(rest.prefix(port.type.byteCount))) else {
                preconditionFailure("the vector is as long as its tensors")
            }
            return value
        }
        return try NamedWeights(names: ports.map(\.name), values: values)
    }
}

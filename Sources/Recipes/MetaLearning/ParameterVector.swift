import Tensors

/// Named parameters as one vector, so that they travel as one tensor.
struct ParameterVector {
    /// The parameters by name, in the order in which they lie in the vector.
    let ports: [Port]

    /// The vector's type.
    var type: TensorType { TensorType(.f32, [ports.map(\.type.shape.count).reduce(0, +)]) }

    /// The parameters of a vector.
    func parameters(_ vector: Tensor) -> Parameters {
        let tensors = zip(ports, ranges).map { port, range in
            vector.sliced(axis: 0, range).reshaped(port.type.shape)
        }
        return Parameters(names: ports.map(\.name), tensors: tensors)
    }

    /// The vector of parameters.
    func vector(_ parameters: Parameters) -> Tensor {
        concatenate(parameters.tensors.map { $0.reshaped([$0.shape.count]) }, axis: 0)
    }

    /// The numbers of each parameter in a vector.
    func values(_ vector: TensorValue) -> [TensorValue] {
        zip(ports, ranges).map { port, range in
            let width = ElementType.f32.byteCount
            let bytes = Array(vector.bytes[(range.lowerBound * width)..<(range.upperBound * width)])
            guard let value = TensorValue(type: port.type, bytes: bytes) else {
                preconditionFailure("the vector is as long as its parameters")
            }
            return value
        }
    }

    private var ranges: [Range<Int>] {
        var start = 0
        return ports.map { port in
            defer { start += port.type.shape.count }
            return start..<(start + port.type.shape.count)
        }
    }
}

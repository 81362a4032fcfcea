/// Several small tensors of one type as one, and back.
extension TensorValue {
    /// The tensor along whose first axis others lie.
    ///
    /// - Precondition: there is one at least, and all have the same type.
    package init(stacking tensors: some Collection<TensorValue>) {
        guard let type = tensors.first?.type else { preconditionFailure("a stack holds one tensor at least") }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(type.byteCount * tensors.count)
        for tensor in tensors {
            precondition(tensor.type == type, "a stack of \(type) cannot hold a \(tensor.type)")
            tensor.withBytes { bytes.append(contentsOf: $0) }
        }
        self.init(type: type.stacked(tensors.count), content: .own(bytes))
    }

    /// The tensors that lie along the first axis, each in memory of its own.
    ///
    /// - Precondition: there is such an axis.
    package var unstacked: [TensorValue] {
        precondition(shape.rank > 0, "a single number is no stack")
        let row = TensorType(type.element, Shape(Array(shape.sizes.dropFirst())))
        return withBytes { bytes in
            (0..<shape[0]).map { index in
                let own = bytes[index * row.byteCount..<(index + 1) * row.byteCount]
                return TensorValue(type: row, content: .own(Array(own)))
            }
        }
    }
}

extension TensorType {
    /// The type of so many tensors of this type as one.
    package func stacked(_ count: Int) -> TensorType { TensorType(element, shape.stacked(count)) }
}

extension Shape {
    /// The shape of so many tensors of this shape as one, along a new first axis.
    package func stacked(_ count: Int) -> Shape { Shape([count] + sizes) }
}

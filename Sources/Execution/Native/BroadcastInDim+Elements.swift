import Tensors

extension BroadcastInDim {
    /// The distance in the source for a step along each axis of the result.
    func strides(from source: Shape) -> [Int] {
        var strides = [Int](repeating: 0, count: shape.rank)
        for (axis, target) in dimensions.enumerated() where source[axis] != 1 { strides[target] = source.strides[axis] }
        return strides
    }

    /// What a constant comes to, little-endian.
    func elements(of constant: Constant) -> [UInt8] {
        let strides = strides(from: constant.type.shape)
        let byteCount = constant.type.element.byteCount
        return (0..<shape.count).flatMap { element -> ArraySlice<UInt8> in
            let offset =
                shape.rank == 0
                ? 0
                : zip(shape.strides, shape.sizes).enumerated()
                    .map { element / $1.0 % $1.1 * strides[$0] }.reduce(0, +)
            return constant.bytes[(offset * byteCount)..<((offset + 1) * byteCount)]
        }
    }
}

import Tensors

extension BroadcastInDim {
    /// The distance in the source for a step along each axis of the result.
    func strides(from source: Shape) -> [Int] {
        var strides = [Int](repeating: 0, count: shape.rank)
        for (axis, target) in dimensions.enumerated() where source[axis] != 1 { strides[target] = source.strides[axis] }
        return strides
    }
}

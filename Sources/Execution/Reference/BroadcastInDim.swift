import Tensors

extension BroadcastInDim: ReferenceRule {
    func evaluated(on operands: [ReferenceTensor], types: [TensorType]) -> [ReferenceTensor] {
        let source = operands[0].shape
        var strides = [Int](repeating: 0, count: shape.rank)
        for (axis, target) in dimensions.enumerated() where source[axis] != 1 { strides[target] = source.strides[axis] }
        return [operands[0].taking(Shape.offsets(sizes: shape.sizes, strides: strides), shape: shape)]
    }
}

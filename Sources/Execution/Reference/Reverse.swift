import Tensors

extension Reverse: ReferenceRule {
    func evaluated(on operands: [ReferenceTensor], types: [TensorType]) -> [ReferenceTensor] {
        var strides = operands[0].shape.strides
        var last = 0
        for axis in dimensions {
            last += (operands[0].shape[axis] - 1) * strides[axis]
            strides[axis] *= -1
        }
        let offsets = Shape.offsets(sizes: operands[0].shape.sizes, strides: strides)
        return [operands[0].taking(offsets.map { last + $0 }, shape: operands[0].shape)]
    }
}

import Tensors

extension Transpose: ReferenceRule {
    func evaluated(on operands: [ReferenceTensor], types: [TensorType]) -> [ReferenceTensor] {
        [operands[0].taking(operands[0].shape.offsets(along: permutation), shape: types[0].shape)]
    }
}

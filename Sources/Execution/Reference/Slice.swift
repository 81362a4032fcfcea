import Tensors

extension Slice: ReferenceRule {
    func evaluated(on operands: [ReferenceTensor], types: [TensorType]) -> [ReferenceTensor] {
        let distances = operands[0].shape.strides
        let first = zip(starts, distances).map(*).reduce(0, +)
        let offsets = Shape.offsets(sizes: types[0].shape.sizes, strides: zip(strides, distances).map { $0 &* $1 })
        return [operands[0].taking(offsets.map { first + $0 }, shape: types[0].shape)]
    }
}

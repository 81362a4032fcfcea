import Tensors

extension Iota: ReferenceRule {
    func evaluated(on operands: [ReferenceTensor], types: [TensorType]) -> [ReferenceTensor] {
        // Element i has the index (i div the stride) mod the size along the axis.
        let (stride, size) = (type.shape.strides[dimension], type.shape[dimension])
        let numbers = (0..<type.shape.count).map { $0 / stride % size }
        return type.element.isFloat
            ? [ReferenceTensor(type, reals: numbers.map(Double.init))] : [ReferenceTensor(type, integers: numbers)]
    }
}

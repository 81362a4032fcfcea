import Tensors

extension CumulativeSum: ReferenceRule {
    func evaluated(on operands: [ReferenceTensor], types: [TensorType]) -> [ReferenceTensor] {
        let shape = operands[0].shape
        let stride = shape.strides[dimension]
        let isFirst = { (position: Int) in position / stride % shape[dimension] == 0 }
        switch operands[0].elements {
        case .reals(var x):
            for position in x.indices where !isFirst(position) { x[position] += x[position - stride] }
            return [ReferenceTensor(types[0], reals: x)]
        case .integers(var x):
            for position in x.indices where !isFirst(position) { x[position] &+= x[position - stride] }
            return [ReferenceTensor(types[0], integers: x)]
        }
    }
}

import Tensors

extension Concatenate: ReferenceRule {
    func evaluated(on operands: [ReferenceTensor], types: [TensorType]) -> [ReferenceTensor] {
        var sources: [(Int, Int)] = []
        for row in 0..<operands[0].shape.sizes.prefix(dimension).reduce(1, *) {
            for (number, operand) in operands.enumerated() {
                let width = operand.shape.sizes.dropFirst(dimension).reduce(1, *)
                sources += (0..<width).map { (number, row * width + $0) }
            }
        }
        return [.taking(sources, of: operands, as: types[0])]
    }
}

import Tensors

extension Gather: ReferenceRule {
    func evaluated(on operands: [ReferenceTensor], types: [TensorType]) -> [ReferenceTensor] {
        let (table, indices) = (operands[0].shape, operands[1].integers)
        let slice = table.sizes.dropFirst(batch + 1).reduce(1, *)
        let perBatch = operands[1].shape.sizes.dropFirst(batch).reduce(1, *)
        let sources = indices.enumerated().flatMap { position, index in
            let row = position / perBatch * table[batch] + min(max(index, 0), table[batch] - 1)
            return (0..<slice).map { row * slice + $0 }
        }
        return [operands[0].taking(sources, shape: types[0].shape)]
    }
}

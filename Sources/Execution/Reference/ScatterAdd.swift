import Tensors

extension ScatterAdd: ReferenceRule {
    func evaluated(on operands: [ReferenceTensor], types: [TensorType]) -> [ReferenceTensor] {
        let (table, indices) = (operands[0].shape, operands[1].integers)
        let slice = table.sizes.dropFirst(batch + 1).reduce(1, *)
        let perBatch = operands[1].shape.sizes.dropFirst(batch).reduce(1, *)
        // Which update goes where, in order; what lies outside is left out.
        let moves = indices.enumerated().filter { (0..<table[batch]).contains($0.element) }.flatMap { position, index in
            let row = position / perBatch * table[batch] + index
            return (0..<slice).map { (from: position * slice + $0, to: row * slice + $0) }
        }
        switch (operands[0].elements, operands[2].elements) {
        case (.reals(var sums), .reals(let updates)):
            for move in moves { sums[move.to] += updates[move.from] }
            return [ReferenceTensor(types[0], reals: sums)]
        case (.integers(var sums), .integers(let updates)):
            for move in moves { sums[move.to] &+= updates[move.from] }
            return [ReferenceTensor(types[0], integers: sums)]
        default: preconditionFailure("tensor and updates have one type")
        }
    }
}

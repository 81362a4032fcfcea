import Tensors

extension DotGeneral: ReferenceRule {
    func evaluated(on operands: [ReferenceTensor], types: [TensorType]) -> [ReferenceTensor] {
        let (left, right) = (operands[0].shape, operands[1].shape)
        let (a, b) = (operands[0].reals, operands[1].reals)
        let pairs = zip(left.offsets(along: leftContracting), right.offsets(along: rightContracting))
        var products: [Double] = []
        for (l, r) in zip(left.offsets(along: leftBatch), right.offsets(along: rightBatch)) {
            for row in left.offsets(along: leftFree(rank: left.rank)) {
                for column in right.offsets(along: rightFree(rank: right.rank)) {
                    products.append(pairs.reduce(0) { $0 + a[l + row + $1.0] * b[r + column + $1.1] })
                }
            }
        }
        return [ReferenceTensor(types[0], reals: products)]
    }
}

/// A factor that all lanes share is read by each lane's own product.
///
/// Lanes of one factor only are, to a product, some of that factor's columns: `x[r, k] · w[lane, k, n]` makes
/// `[r, lane, n]`, for which w is laid out anew, and the result once more where its lanes shall stand first. A product for
/// each lane reads and writes everything where it lies. Sums stay what they are, and so does every bit.
enum SharedFactors {
    static let rules: Rewriter.Rules = {
        var rules = Rewriter.Rules()
        rules.on(Transpose.self) { rewriter, transpose, operands in
            guard rewriter.isReadOnce(operands[0]), let product = rewriter.node(operands[0], as: DotGeneral.self),
                let lanes = transpose.permutation.first
            else { return nil }
            let (dot, shared, own) = (product.primitive, product.operands[0], product.operands[1])
            let others = (0..<transpose.permutation.count).filter { $0 != lanes }
            let rank = rewriter.shape(shared).rank
            let firstColumn = dot.leftFree(rank: rank).count
            guard dot.leftBatch.isEmpty, lanes >= firstColumn, transpose.permutation == [lanes] + others else {
                return nil
            }
            let columns = dot.rightFree(rank: rewriter.shape(own).rank)
            let axis = columns[lanes - firstColumn]
            let width = columns.filter { $0 != axis }.map { rewriter.shape(own)[$0] }.reduce(1, *)
            guard width >= Self.fewestColumns else { return nil }
            // What is repeated within a lane already would be laid out for each.
            guard rewriter.node(shared, as: BroadcastInDim.self) == nil else { return nil }
            let shape = Shape([rewriter.shape(own)[axis]] + rewriter.shape(shared).sizes)
            guard TensorType(rewriter.type(shared).element, shape).excess == nil else { return nil }
            let repeated = rewriter.make(BroadcastInDim(to: shape, dimensions: Array(1...rank)), shared)
            let next = DotGeneral(
                leftBatch: [0],
                rightBatch: [axis],
                leftContracting: dot.leftContracting.map { $0 + 1 },
                rightContracting: dot.rightContracting
            )
            return rewriter.make(next, repeated, own)
        }
        return rules
    }()

    /// The columns of a lane's product that fill a vector; with fewer, one product of all lanes is faster.
    private static let fewestColumns = 16
}

/// A (W ± s B C) = A W ± s (A B) C, where B C is of so low a rank that it is less work never to make it.
///
/// So a few examples' step of gradient descent on a layer's weights, W − α XᵀG, need not be written out for each of many
/// tasks that all start from the same W: one product takes the rows of all tasks through W, and two small ones for each task
/// make the difference.
///
/// It may change the last bits, and is one of the algebraic identities.
enum LowRankUpdates {
    static let rules: Rewriter.Rules = {
        var rules = Rewriter.Rules()
        rules.on(DotGeneral.self) { rewriter, product, operands in
            guard let axes = rewriter.matrixAxes(of: product, operands) else { return nil }
            for side in 0..<2 {
                guard let update = rewriter.update(operands[side]) else { continue }
                let other = operands[1 - side]
                // A's columns meet the update's rows, or its columns if that is how they are multiplied.
                let (near, far) = axes[side] == 0 ? (update.left, update.right) : (update.right, update.left)
                let rows = rewriter.shape(other)[1 - axes[1 - side]]
                let shape = rewriter.shape(operands[side])
                guard rows * (shape[0] + shape[1]) < shape[0] * shape[1] else { continue }
                let dot = { (rewriter: inout Rewriter, one: (Int, Int), two: (Int, Int)) in
                    let pair = side == 1 ? [one, two] : [two, one]
                    return rewriter.make(
                        DotGeneral(
                            leftBatch: [],
                            rightBatch: [],
                            leftContracting: [pair[0].1],
                            rightContracting: [pair[1].1]
                        ),
                        pair[0].0,
                        pair[1].0
                    )
                }
                let plain = dot(&rewriter, (other, axes[1 - side]), (update.base, axes[side]))
                let inner = dot(&rewriter, (other, axes[1 - side]), (near.value, 1 - near.axis))
                var difference = dot(&rewriter, (inner, side == 1 ? 1 : 0), (far.value, far.axis))
                if let factor = update.factor {
                    difference = rewriter.make(Multiply(), difference, rewriter.spread(factor, like: difference))
                }
                return update.isSubtracted
                    ? rewriter.make(Subtract(), plain, difference) : rewriter.make(Add(), plain, difference)
            }
            return nil
        }
        return rules
    }()
}

/// A factor of a product of two matrices, and the axis of it that is summed over.
private typealias MatrixFactor = (value: Int, axis: Int)

extension Rewriter {
    /// The axes that a product of two matrices sums over; nil for any other product.
    fileprivate func matrixAxes(of product: DotGeneral, _ operands: [Int]) -> [Int]? {
        guard product.leftBatch.isEmpty, product.leftContracting.count == 1,
            operands.allSatisfy({ shape($0).rank == 2 })
        else { return nil }
        return [product.leftContracting[0], product.rightContracting[0]]
    }

    /// W ± s B C, which nobody else reads, with B C in two factors.
    fileprivate func update(
        _ value: Int
    ) -> (base: Int, isSubtracted: Bool, factor: Int?, left: MatrixFactor, right: MatrixFactor)? {
        guard isFloat(value), isReadOnce(value), let sum = producer(value) else { return nil }
        let isSubtracted = sum.primitive is Subtract
        guard isSubtracted || sum.primitive is Add else { return nil }
        // What is subtracted is the second; what is added may be either.
        for place in isSubtracted ? [1] : [1, 0] {
            var term = sum.operands[place]
            guard isReadOnce(term) else { continue }
            var factor: Int?
            if let (inner, scalar) = factored(term) {
                guard isReadOnce(inner) else { continue }
                (term, factor) = (inner, scalar)
            }
            guard let product = node(term, as: DotGeneral.self),
                let axes = matrixAxes(of: product.primitive, product.operands)
            else { continue }
            return (
                sum.operands[1 - place], isSubtracted, factor, (product.operands[0], axes[0]),
                (product.operands[1], axes[1])
            )
        }
        return nil
    }
}

/// The product over axes. Integers wrap. (StableHLO `reduce`)
///
/// The order is that of `reduce_sum`, from one.
package struct ReduceProduct: Reduction {
    package static let name = "reduce_prod"
    package static let domain: Set<ElementType> = .numbers
    package let dimensions: [Int]
    package init(dimensions: [Int]) { self.dimensions = dimensions }

    /// dy times the product of all others: products over rows of a square in which each element in turn is 1.
    package func pullback(_ cotangents: [Tensor?], operands: [Tensor], results: [Tensor]) -> [Tensor?] {
        guard let cotangent = cotangents[0] else { return [nil] }
        let x = operands[0]
        let kept = (0..<x.rank).filter { !dimensions.contains($0) }
        let count = dimensions.map { x.shape[$0] }.reduce(1, *)
        let outer = kept.map { x.shape[$0] }
        let flat = x.transposed(kept + dimensions).reshaped(Shape(outer + [1, count]))
        let square = flat.broadcast(to: Shape(outer + [count, count]))
        let diagonal = x.iota(.i32, [count, count], axis: 0) .== x.iota(.i32, [count, count], axis: 1)
        let others = select(diagonal.broadcast(to: square.shape), square.filled(1), square).product(over: [-1])
        let back = others.reshaped(Shape(outer + dimensions.map { x.shape[$0] }))
            .transposed(inverse(of: kept + dimensions))
        return [spread(cotangent, like: x) * back]
    }

    private func inverse(of permutation: [Int]) -> [Int] {
        permutation.indices.map { axis in permutation.firstIndex(of: axis) ?? axis }
    }
}

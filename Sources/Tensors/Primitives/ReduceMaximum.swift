/// The largest element over axes; NaN if any is, −0 below +0; −∞ or the least integer of none. (StableHLO `reduce`)
package struct ReduceMaximum: Reduction {
    package static let name = "reduce_max"
    package static let domain: Set<ElementType> = .numbers
    package let dimensions: [Int]
    package init(dimensions: [Int]) { self.dimensions = dimensions }

    /// dy, in equal parts to the elements that equal the result.
    package func pullback(_ cotangents: [Tensor?], operands: [Tensor], results: [Tensor]) -> [Tensor?] {
        guard let cotangent = cotangents[0] else { return [nil] }
        let x = operands[0]
        let winners = select(x .== spread(results[0], like: x), x.filled(1), x.filled(0))
        let share = cotangent / winners.sum(over: dimensions)
        return [winners * spread(share, like: x)]
    }
}

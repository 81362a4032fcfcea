/// The sum over axes. Integers wrap. (StableHLO `reduce`)
///
/// The order of a sum is fixed: of the elements that make one result, in row-major order, sixteen lanes take every
/// sixteenth each, from zero, one after another; then the upper half of the lanes is added to the lower, four times.
package struct ReduceSum: Reduction {
    package static let name = "reduce_sum"
    package static let domain: Set<ElementType> = .numbers
    package let dimensions: [Int]
    package init(dimensions: [Int]) { self.dimensions = dimensions }

    /// dy, repeated along the summed axes.
    package func pullback(_ cotangents: [Tensor?], operands: [Tensor], results: [Tensor]) -> [Tensor?] {
        [cotangents[0].map { spread($0, like: operands[0]) }]
    }

    /// The sum of the tangents.
    package func tangents(_ tangents: [Tensor?], operands: [Tensor], results: [Tensor]) -> [Tensor?] {
        [tangents[0]?.sum(over: dimensions)]
    }
}

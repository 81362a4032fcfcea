/// a b + c with one rounding. (ours; StableHLO has no such operator)
package struct FusedMultiplyAdd: Elementwise {
    package static let name = "fma"
    package static let arity = 3
    package static let domain: Set<ElementType> = .floats
    package init() {}

    /// b dy, a dy, dy
    package func pullback(_ cotangents: [Tensor?], operands: [Tensor], results: [Tensor]) -> [Tensor?] {
        guard let cotangent = cotangents[0] else { return [nil, nil, nil] }
        return [cotangent * operands[1], cotangent * operands[0], cotangent]
    }

    /// da b + a db + dc
    package func tangents(_ tangents: [Tensor?], operands: [Tensor], results: [Tensor]) -> [Tensor?] {
        [sum(tangents[0].map { $0 * operands[1] }, tangents[1].map { operands[0] * $0 }, tangents[2])]
    }
}

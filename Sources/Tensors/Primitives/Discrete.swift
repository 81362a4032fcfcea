/// A primitive whose results do not move with its operands: positions, truth values, random words, literals.
package protocol Discrete: Primitive {}

extension Discrete {
    /// Zero.
    package func pullback(_ cotangents: [Tensor?], operands: [Tensor], results: [Tensor]) -> [Tensor?] {
        operands.map { _ in nil }
    }

    /// Zero.
    package func tangents(_ tangents: [Tensor?], operands: [Tensor], results: [Tensor]) -> [Tensor?] {
        results.map { _ in nil }
    }
}

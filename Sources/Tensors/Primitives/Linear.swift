/// A primitive that is linear in all of its floating-point operands together; indices and conditions among its operands
/// only choose which linear function it is.
package protocol Linear: Primitive {}

extension Linear {
    /// The primitive itself, on the tangents.
    package func tangents(_ tangents: [Tensor?], operands: [Tensor], results: [Tensor]) -> [Tensor?] {
        let moved = zip(operands, tangents).map { operand, tangent in
            tangent ?? (operand.element.isFloat ? operand.filled(0) : operand)
        }
        return Trace.apply(self, moved)
    }
}

/// A primitive of two operands that is linear in each of them.
package protocol Bilinear: Primitive {}

extension Bilinear {
    /// f(da, b) + f(a, db)
    package func tangents(_ tangents: [Tensor?], operands: [Tensor], results: [Tensor]) -> [Tensor?] {
        [
            sum(
                tangents[0].map { Trace.apply(self, [$0, operands[1]])[0] },
                tangents[1].map { Trace.apply(self, [operands[0], $0])[0] }
            )
        ]
    }
}

/// The sum of the tangents that there are; nil, for zero, of none.
func sum(_ tangents: Tensor?...) -> Tensor? {
    tangents.reduce(nil) { sum, tangent in
        guard let sum, let tangent else { return sum ?? tangent }
        return sum + tangent
    }
}

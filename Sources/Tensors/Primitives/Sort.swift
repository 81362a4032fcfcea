/// Tensors put in the ascending order of the first one along an axis. (StableHLO `sort`)
///
/// The order is stable and total: NaN comes last, and −0 equals +0.
package struct Sort: Primitive {
    package static let name = "sort"
    package let dimension: Int
    package init(dimension: Int) { self.dimension = dimension }

    package var attributes: [Attribute] { [Attribute("dimension", dimension)] }
    package init(attributes: [Attribute]) throws(ProgramError) {
        let reader = try AttributeReader(attributes, of: Self.name, named: ["dimension"])
        self.init(dimension: try reader.integer("dimension", in: 0...255))
    }

    package func resultTypes(of operands: [TensorType]) throws(ShapeError) -> [TensorType] {
        guard let first = operands.first, (0..<first.shape.rank).contains(dimension),
            operands.allSatisfy({ $0.shape == first.shape }), first.shape[dimension] <= Int(Int32.max)
        else {
            throw ShapeError(
                Self.name,
                operands,
                "takes operands of one shape that has axis \(dimension), of at most \(Int32.max) elements"
            )
        }
        return operands
    }

    /// Each dy goes back to where its element came from.
    package func pullback(_ cotangents: [Tensor?], operands: [Tensor], results: [Tensor]) -> [Tensor?] {
        guard cotangents.contains(where: { $0 != nil }) else { return operands.map { _ in nil } }
        let positions = operands[0].iota(.i32, operands[0].shape, axis: dimension)
        let origin = sorted([operands[0], positions], axis: dimension)[1]
        return zip(operands, cotangents).map { operand, cotangent in
            guard operand.element.isFloat, let cotangent else { return nil }
            return sorted([origin, cotangent], axis: dimension)[1]
        }
    }

    /// Each tangent goes where its element goes.
    package func tangents(_ tangents: [Tensor?], operands: [Tensor], results: [Tensor]) -> [Tensor?] {
        var moved = Trace.apply(self, [operands[0]] + tangents.compactMap { $0 }).dropFirst().makeIterator()
        return tangents.map { $0 == nil ? nil : moved.next() }
    }

    package func batched(_ operands: [Batched], lanes: Int) -> [Batched] {
        Trace.apply(Sort(dimension: dimension + 1), operands.map { $0.spread(over: lanes) })
            .map { Batched($0, hasLanes: true) }
    }
}

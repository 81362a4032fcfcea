/// Tensors one after another along an axis. (StableHLO `concatenate`)
package struct Concatenate: Linear {
    package static let name = "concatenate"
    package let dimension: Int
    package init(dimension: Int) { self.dimension = dimension }

    package var attributes: [Attribute] { [Attribute("dimension", dimension)] }
    package init(attributes: [Attribute]) throws(ProgramError) {
        let reader = try AttributeReader(attributes, of: Self.name, named: ["dimension"])
        self.init(dimension: try reader.integer("dimension", in: 0...255))
    }

    package func resultTypes(of operands: [TensorType]) throws(ShapeError) -> [TensorType] {
        guard let first = operands.first, (0..<first.shape.rank).contains(dimension) else {
            throw ShapeError(Self.name, operands, "takes at least one operand that has axis \(dimension)")
        }
        var sizes = first.shape.sizes
        var total = 0
        for operand in operands {
            guard operand.element == first.element, operand.shape.rank == sizes.count else {
                throw ShapeError(Self.name, operands, "the operands' element types or ranks differ")
            }
            for axis in sizes.indices where axis != dimension && operand.shape[axis] != first.shape[axis] {
                throw ShapeError(Self.name, operands, "the operands differ along axis \(axis)")
            }
            total += operand.shape[dimension]
            guard total <= TensorType.byteLimit else {
                throw ShapeError(Self.name, operands, "the result is too large for any machine")
            }
        }
        sizes[dimension] = total
        return [TensorType(first.element, Shape(sizes))]
    }

    /// The part of dy that came from each operand.
    package func pullback(_ cotangents: [Tensor?], operands: [Tensor], results: [Tensor]) -> [Tensor?] {
        guard let cotangent = cotangents[0] else { return operands.map { _ in nil } }
        var start = 0
        return operands.map { operand in
            defer { start += operand.shape[dimension] }
            return cotangent.sliced(axis: dimension, start..<(start + operand.shape[dimension]))
        }
    }

    package func batched(_ operands: [Batched], lanes: Int) -> [Batched] {
        Trace.apply(Concatenate(dimension: dimension + 1), operands.map { $0.spread(over: lanes) })
            .map { Batched($0, hasLanes: true) }
    }
}

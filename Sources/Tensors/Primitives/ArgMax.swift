/// The position of the largest element along an axis, `i32`; the first of equals, and NaN counts as the largest. (ours; in
/// StableHLO a `reduce` of pairs)
package struct ArgMax: Discrete {
    package static let name = "argmax"
    package let dimension: Int
    package init(dimension: Int) { self.dimension = dimension }

    package var attributes: [Attribute] { [Attribute("dimension", dimension)] }
    package init(attributes: [Attribute]) throws(ProgramError) {
        let reader = try AttributeReader(attributes, of: Self.name, named: ["dimension"])
        self.init(dimension: try reader.integer("dimension", in: 0...255))
    }

    package func resultTypes(of operands: [TensorType]) throws(ShapeError) -> [TensorType] {
        guard operands.count == 1, operands[0].element != .bool, (0..<operands[0].shape.rank).contains(dimension),
            (1...Int(Int32.max)).contains(operands[0].shape[dimension])
        else {
            throw ShapeError(
                Self.name,
                operands,
                "takes numbers with 1 to \(Int32.max) elements along axis \(dimension)"
            )
        }
        var sizes = operands[0].shape.sizes
        sizes.remove(at: dimension)
        return [TensorType(.i32, Shape(sizes))]
    }

    package func batched(_ operands: [Batched], lanes: Int) -> [Batched] {
        Trace.apply(ArgMax(dimension: dimension + 1), [operands[0].tensor]).map { Batched($0, hasLanes: true) }
    }
}

/// The sum of the elements so far along an axis, added one after another. (ours; in StableHLO a `reduce_window`)
package struct CumulativeSum: Linear {
    package static let name = "cumulative_sum"
    package let dimension: Int
    package init(dimension: Int) { self.dimension = dimension }

    package var attributes: [Attribute] { [Attribute("dimension", dimension)] }
    package init(attributes: [Attribute]) throws(ProgramError) {
        let reader = try AttributeReader(attributes, of: Self.name, named: ["dimension"])
        self.init(dimension: try reader.integer("dimension", in: 0...255))
    }

    package func resultTypes(of operands: [TensorType]) throws(ShapeError) -> [TensorType] {
        guard operands.count == 1, operands[0].element != .bool, (0..<operands[0].shape.rank).contains(dimension) else {
            throw ShapeError(Self.name, operands, "takes numbers that have axis \(dimension)")
        }
        return [operands[0]]
    }

    /// The sum of dy from here on.
    package func pullback(_ cotangents: [Tensor?], operands: [Tensor], results: [Tensor]) -> [Tensor?] {
        [cotangents[0].map { $0.reversed(axis: dimension).cumulativeSum(axis: dimension).reversed(axis: dimension) }]
    }

    package func batched(_ operands: [Batched], lanes: Int) -> [Batched] {
        Trace.apply(CumulativeSum(dimension: dimension + 1), [operands[0].tensor]).map { Batched($0, hasLanes: true) }
    }
}

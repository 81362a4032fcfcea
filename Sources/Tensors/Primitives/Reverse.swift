/// The elements in the opposite order along some axes. (StableHLO `reverse`)
package struct Reverse: Linear {
    package static let name = "reverse"
    package let dimensions: [Int]
    package init(dimensions: [Int]) { self.dimensions = dimensions }

    package var attributes: [Attribute] { [Attribute("dimensions", dimensions)] }
    package init(attributes: [Attribute]) throws(ProgramError) {
        let reader = try AttributeReader(attributes, of: Self.name, named: ["dimensions"])
        self.init(dimensions: try reader.sizes("dimensions"))
    }

    package func resultTypes(of operands: [TensorType]) throws(ShapeError) -> [TensorType] {
        guard operands.count == 1, zip(dimensions, dimensions.dropFirst()).allSatisfy(<),
            dimensions.allSatisfy({ (0..<operands[0].shape.rank).contains($0) })
        else {
            throw ShapeError(
                Self.name,
                operands,
                "takes one operand, and the axes \(dimensions) must ascend and be its"
            )
        }
        return [operands[0]]
    }

    /// dy, turned round again.
    package func pullback(_ cotangents: [Tensor?], operands: [Tensor], results: [Tensor]) -> [Tensor?] {
        [cotangents[0].map { Trace.apply(self, [$0])[0] }]
    }

    package func batched(_ operands: [Batched], lanes: Int) -> [Batched] {
        Trace.apply(Reverse(dimensions: dimensions.map { $0 + 1 }), [operands[0].tensor])
            .map { Batched($0, hasLanes: true) }
    }
}

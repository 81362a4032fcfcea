/// The axes in another order: axis i of the result is axis `permutation[i]` of the operand. (StableHLO `transpose`)
package struct Transpose: Linear {
    package static let name = "transpose"
    package let permutation: [Int]
    package init(_ permutation: [Int]) { self.permutation = permutation }

    package var attributes: [Attribute] { [Attribute("permutation", permutation)] }
    package init(attributes: [Attribute]) throws(ProgramError) {
        self.init(try AttributeReader(attributes, of: Self.name, named: ["permutation"]).sizes("permutation"))
    }

    package func resultTypes(of operands: [TensorType]) throws(ShapeError) -> [TensorType] {
        guard operands.count == 1, permutation.sorted() == Array(0..<operands[0].shape.rank) else {
            throw ShapeError(Self.name, operands, "\(permutation) is no order of the operand's axes")
        }
        return [TensorType(operands[0].element, Shape(permutation.map { operands[0].shape[$0] }))]
    }

    /// dy with the axes in the old order.
    package func pullback(_ cotangents: [Tensor?], operands: [Tensor], results: [Tensor]) -> [Tensor?] {
        let inverse = permutation.indices.map { axis in permutation.firstIndex(of: axis) ?? axis }
        return [cotangents[0]?.transposed(inverse)]
    }

    package func batched(_ operands: [Batched], lanes: Int) -> [Batched] {
        [Batched(operands[0].tensor.transposed([0] + permutation.map { $0 + 1 }), hasLanes: true)]
    }
}

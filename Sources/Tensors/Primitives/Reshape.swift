/// The same elements in the same row-major order under other axes. (StableHLO `reshape`)
package struct Reshape: Linear {
    package static let name = "reshape"
    package let shape: Shape
    package init(to shape: Shape) { self.shape = shape }

    package var attributes: [Attribute] { [Attribute("shape", shape.sizes)] }
    package init(attributes: [Attribute]) throws(ProgramError) {
        self.init(to: Shape(try AttributeReader(attributes, of: Self.name, named: ["shape"]).sizes("shape")))
    }

    package func resultTypes(of operands: [TensorType]) throws(ShapeError) -> [TensorType] {
        guard operands.count == 1, shape.checkedByteCount(of: operands[0].element) == operands[0].byteCount else {
            throw ShapeError(Self.name, operands, "the elements do not fill \(shape)")
        }
        return [TensorType(operands[0].element, shape)]
    }

    /// dy under the old axes.
    package func pullback(_ cotangents: [Tensor?], operands: [Tensor], results: [Tensor]) -> [Tensor?] {
        [cotangents[0]?.reshaped(operands[0].shape)]
    }

    package func batched(_ operands: [Batched], lanes: Int) -> [Batched] {
        [Batched(operands[0].tensor.reshaped(Shape([lanes] + shape.sizes)), hasLanes: true)]
    }
}

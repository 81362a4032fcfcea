/// The same numbers in another element type. (StableHLO `convert`)
///
/// Floating point to integer rounds towards zero and takes NaN to 0; an integer type that cannot hold a number takes the
/// nearest that it can; anything but zero is true; integers round to the nearest float, ties to even.
package struct Convert: Linear {
    package static let name = "convert"
    package let element: ElementType
    package init(to element: ElementType) { self.element = element }

    package var attributes: [Attribute] { [Attribute("element", Int(element.rawValue))] }
    package init(attributes: [Attribute]) throws(ProgramError) {
        self.init(to: try AttributeReader(attributes, of: Self.name, named: ["element"]).element("element"))
    }

    package func resultTypes(of operands: [TensorType]) throws(ShapeError) -> [TensorType] {
        guard operands.count == 1 else { throw ShapeError(Self.name, operands, "takes one operand") }
        return [TensorType(element, operands[0].shape)]
    }

    /// dy, converted back, between floating-point types only.
    package func pullback(_ cotangents: [Tensor?], operands: [Tensor], results: [Tensor]) -> [Tensor?] {
        guard element.isFloat, operands[0].element.isFloat else { return [nil] }
        return [cotangents[0]?.converted(to: operands[0].element)]
    }

    package func batched(_ operands: [Batched], lanes: Int) -> [Batched] {
        Trace.apply(self, [operands[0].tensor]).map { Batched($0, hasLanes: true) }
    }
}

import Tensors

extension Emission {
    /// Sums where the operand lies.
    func windowSum(_ primitive: WindowSum, _ operand: Operand, _ result: Operand) -> any Step {
        WindowSumStep(
            element: operand.type.element,
            windows: primitive.windows(operand.type.shape),
            places: result.type.shape.sizes,
            source: operand.location,
            target: result.location
        )
    }
}

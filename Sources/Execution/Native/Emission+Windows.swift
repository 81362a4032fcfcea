import CKernels
import Tensors

extension Emission {
    /// Convolution where the operands lie.
    mutating func convolution(
        _ primitive: Convolution,
        _ x: Operand,
        _ kernel: Operand,
        _ result: Operand
    ) -> any Step {
        let shape = x.type.shape
        let description = ConvolutionStep.Description(
            windows: primitive.windows(shape, kernel.type.shape),
            places: Array(result.type.shape.sizes.dropFirst().dropLast()),
            images: result.type.shape[0],
            pixel: shape[-1],
            channels: kernel.type.shape[-2],
            features: result.type.shape[-1],
            groups: primitive.featureGroups * primitive.batchGroups,
            groupsAreOfBatch: primitive.batchGroups > 1
        )
        let scratch = withUnsafePointer(to: description.kernelArgument) { troupe_convolution_scratch($0) }
        return ConvolutionStep(
            element: x.type.element,
            description: description,
            x: x.location,
            kernel: kernel.location,
            target: result.location,
            scratch: temporary(scratch)
        )
    }

    /// Positions of the largest.
    func windowArgMax(_ primitive: WindowArgMax, _ operand: Operand, _ result: Operand) -> any Step {
        let shape = operand.type.shape
        return WindowArgMaxStep(
            element: operand.type.element,
            description: ConvolutionStep.Description(
                windows: primitive.windows(shape),
                places: Array(result.type.shape.sizes.dropFirst().dropLast()),
                images: shape[0],
                pixel: shape[-1],
                channels: 1,
                features: shape[-1],
                groups: 1,
                groupsAreOfBatch: false
            ),
            source: operand.location,
            target: result.location
        )
    }
}

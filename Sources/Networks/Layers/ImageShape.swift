public import Tensors

/// The numbers of each example as an image, since data sets hold flat rows.
public struct ImageShape: Layer {
    /// `[height, width, channels]`
    public var shape: Shape

    /// Images of a shape.
    ///
    /// - Precondition: it has three axes, none empty.
    public init(_ shape: Shape) {
        precondition(shape.rank == 3 && shape.sizes.allSatisfy { $0 > 0 }, "an image is [height, width, channels]")
        self.shape = shape
    }

    init(specification: LayerSpecification) throws(LayerError) {
        try specification.only(["shape"])
        self.init(Shape(try specification.integers("shape", in: 1...100_000, count: 3)))
    }

    /// `{image: [height, width, channels]}`
    public var specification: LayerSpecification {
        LayerSpecification("image", ["shape": .numbers(shape.sizes.map(Double.init))])
    }

    /// The image's shape, for examples of as many numbers.
    public func outputShape(for input: Shape) throws(LayerError) -> Shape {
        guard input.count == shape.count else {
            throw .input(
                layer: "image",
                shape: input,
                reason: "an image of \(shape) has \(shape.count) numbers, not \(input.count)"
            )
        }
        return shape
    }

    /// `[batch, …] → [batch, height, width, channels]`, in row-major order.
    public func callAsFunction(_ x: Tensor, _ p: Parameters) -> Tensor {
        guard x.rank >= 1 else { return x.invalid("image", because: "takes [batch, …]") }
        return x.reshaped(Shape([x.shape[0]] + shape.sizes))
    }
}

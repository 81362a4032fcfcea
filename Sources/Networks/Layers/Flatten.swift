public import Tensors

/// All numbers of an example in one row.
public struct Flatten: Layer {
    /// Rows of what had axes.
    public init() {}

    init(specification: LayerSpecification) throws(LayerError) { try specification.only([]) }

    /// `flatten`
    public var specification: LayerSpecification { LayerSpecification("flatten") }

    /// One axis of as many elements.
    public func outputShape(for input: Shape) throws(LayerError) -> Shape { [input.count] }

    /// `[batch, …] → [batch, features]`, in row-major order.
    public func callAsFunction(_ x: Tensor, _ p: Parameters) -> Tensor {
        guard x.rank >= 1 else { return x.invalid("flatten", because: "takes [batch, …]") }
        return x.reshaped([x.shape[0], Shape(Array(x.shape.sizes.dropFirst())).count])
    }
}

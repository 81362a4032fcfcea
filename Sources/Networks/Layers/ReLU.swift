public import Tensors

/// max(0, x), with derivative 0 at 0; NaN stays NaN.
public struct ReLU: Layer {
    /// The rectifier.
    public init() {}

    init(specification: LayerSpecification) throws(LayerError) { try specification.only([]) }

    /// `relu`
    public var specification: LayerSpecification { LayerSpecification("relu") }

    /// Any shape.
    public func callAsFunction(_ x: Tensor, _ p: Parameters) -> Tensor { select(x .<= 0, x.filled(0), x) }
}

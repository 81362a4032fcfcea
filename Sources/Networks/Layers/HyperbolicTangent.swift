public import Tensors

/// tanh x.
public struct HyperbolicTangent: Layer {
    /// The hyperbolic tangent as an activation.
    public init() {}

    init(specification: LayerSpecification) throws(LayerError) { try specification.only([]) }

    /// `tanh`
    public var specification: LayerSpecification { LayerSpecification("tanh") }

    /// Any shape.
    public func callAsFunction(_ x: Tensor, _ p: Parameters) -> Tensor { x.tanh() }
}

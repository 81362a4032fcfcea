public import Tensors

/// An affine map of the last axis: x W + b.
public struct Dense: Layer {
    /// The size of the last axis of the output.
    public var units: Int

    /// A map to `units` numbers.
    ///
    /// - Precondition: `units` is positive.
    public init(_ units: Int) {
        precondition(units > 0, "a dense layer has at least one unit")
        self.units = units
    }

    init(specification: LayerSpecification) throws(LayerError) {
        try specification.only(["units"])
        self.init(try specification.integer("units", in: 1...1_000_000))
    }

    /// `{dense: units}`
    public var specification: LayerSpecification { LayerSpecification("dense", ["units": .init(units)]) }

    /// The same shape with `units` on the last axis.
    public func outputShape(for input: Shape) throws(LayerError) -> Shape {
        guard input.rank >= 1 else {
            throw .input(layer: "dense", shape: input, reason: "it needs an axis of features")
        }
        return Shape(input.sizes.dropLast() + [units])
    }

    /// `weight [features, units]` by Glorot's rule, and `bias [units]` of zeros.
    public func parameters(for input: Shape, key: Key) -> Parameters {
        let weight = Initializer.glorotUniform([input[-1], units], key: key["weight"])
        return Parameters(
            names: ["weight", "bias"],
            tensors: [weight, weight.filled(0, shape: [units])]
        )
    }

    /// `[batch, features] → [batch, units]`
    public func callAsFunction(_ x: Tensor, _ p: Parameters) -> Tensor {
        matmul(x, p["weight"]) + p["bias"]
    }
}

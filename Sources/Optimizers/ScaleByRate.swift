public import Tensors

/// The step against the gradient: −α times what comes in.
public struct ScaleByRate: GradientTransform {
    /// α > 0.
    public var rate: Double

    /// Steps of a fixed rate.
    public init(_ rate: Double) { self.rate = rate }

    /// There is nothing to remember.
    public func start(for parameters: Parameters) -> Parameters { Parameters() }

    /// −α g
    public func update(_ gradient: Parameters, state: inout Parameters, at parameters: Parameters) -> Parameters {
        gradient.map { $0 * -rate }
    }
}

/// The hyperbolic tangent. (StableHLO `tanh`)
package struct Tanh: Unary {
    package static let name = "tanh"
    package static let domain: Set<ElementType> = .floats
    package init() {}

    /// (1 − tanh²(x)) dy
    package func derivative(_ cotangent: Tensor, x: Tensor, y: Tensor) -> Tensor? { cotangent * (1 - y * y) }
}

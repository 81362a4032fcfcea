/// cos x, x in radians; NaN beyond |x| = 2³⁰, as the sine. (StableHLO `cosine`)
package struct Cosine: Unary {
    package static let name = "cosine"
    package static let domain: Set<ElementType> = .floats
    package init() {}

    /// −sin(x) dy
    package func derivative(_ cotangent: Tensor, x: Tensor, y: Tensor) -> Tensor? { -(cotangent * x.sine()) }
}

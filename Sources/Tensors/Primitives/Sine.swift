/// sin x, x in radians; NaN beyond |x| = 2³⁰, where no f32 is near enough to mean an angle. (StableHLO `sine`)
package struct Sine: Unary {
    package static let name = "sine"
    package static let domain: Set<ElementType> = .floats
    package init() {}

    /// cos(x) dy
    package func derivative(_ cotangent: Tensor, x: Tensor, y: Tensor) -> Tensor? { cotangent * x.cosine() }
}

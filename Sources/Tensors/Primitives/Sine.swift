/// sin x, x in radians. (StableHLO `sine`)
package struct Sine: Unary {
    package static let name = "sine"
    package static let domain: Set<ElementType> = .floats
    package init() {}

    /// cos(x) dy
    package func derivative(_ cotangent: Tensor, x: Tensor, y: Tensor) -> Tensor? { cotangent * x.cosine() }
}

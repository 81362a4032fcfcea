/// |x|. (StableHLO `abs`)
package struct Absolute: Unary {
    package static let name = "abs"
    package static let domain: Set<ElementType> = .numbers
    package init() {}

    /// sign(x) dy
    package func derivative(_ cotangent: Tensor, x: Tensor, y: Tensor) -> Tensor? { cotangent * x.sign() }
}

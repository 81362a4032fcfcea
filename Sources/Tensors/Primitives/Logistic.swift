/// 1 / (1 + e⁻ˣ). (StableHLO `logistic`)
package struct Logistic: Unary {
    package static let name = "logistic"
    package static let domain: Set<ElementType> = .floats
    package init() {}

    /// y (1 − y) dy
    package func derivative(_ cotangent: Tensor, x: Tensor, y: Tensor) -> Tensor? { cotangent * (y * (1 - y)) }
}

/// The natural logarithm; −∞ at 0, NaN below. (StableHLO `log`)
package struct Log: Unary {
    package static let name = "log"
    package static let domain: Set<ElementType> = .floats
    package init() {}

    /// dy / x
    package func derivative(_ cotangent: Tensor, x: Tensor, y: Tensor) -> Tensor? { cotangent / x }
}

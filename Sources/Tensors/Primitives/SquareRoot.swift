/// √x, correctly rounded; NaN below 0. (StableHLO `sqrt`)
package struct SquareRoot: Unary {
    package static let name = "sqrt"
    package static let domain: Set<ElementType> = .floats
    package init() {}

    /// dy / (2 √x)
    package func derivative(_ cotangent: Tensor, x: Tensor, y: Tensor) -> Tensor? { cotangent * 0.5 / y }
}

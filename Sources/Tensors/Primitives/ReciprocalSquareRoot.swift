/// 1 / √x, each of the two operations correctly rounded. (StableHLO `rsqrt`)
package struct ReciprocalSquareRoot: Unary {
    package static let name = "rsqrt"
    package static let domain: Set<ElementType> = .floats
    package init() {}

    /// −½ y³ dy
    package func derivative(_ cotangent: Tensor, x: Tensor, y: Tensor) -> Tensor? { cotangent * (-0.5 * (y * y * y)) }
}

/// eˣ. (StableHLO `exponential`)
package struct Exponential: Unary {
    package static let name = "exponential"
    package static let domain: Set<ElementType> = .floats
    package init() {}

    /// eˣ dy
    package func derivative(_ cotangent: Tensor, x: Tensor, y: Tensor) -> Tensor? { cotangent * y }
}

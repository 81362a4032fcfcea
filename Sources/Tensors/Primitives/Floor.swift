/// The largest whole number that is not above x. (StableHLO `floor`)
package struct Floor: Unary {
    package static let name = "floor"
    package static let domain: Set<ElementType> = .floats
    package init() {}

    /// The derivative is zero wherever it exists.
    package func derivative(_ cotangent: Tensor, x: Tensor, y: Tensor) -> Tensor? { nil }
}

/// The complement: of a truth value, or of each bit. (StableHLO `not`)
package struct Not: Unary {
    package static let name = "not"
    package static let domain: Set<ElementType> = .logical
    package init() {}

    /// The derivative is zero wherever it exists.
    package func derivative(_ cotangent: Tensor, x: Tensor, y: Tensor) -> Tensor? { nil }
}

/// x itself, as a constant to gradients. (ours)
package struct StopGradient: Unary {
    package static let name = "stop_gradient"
    package static let domain: Set<ElementType> = .all
    package init() {}

    /// Zero, by intent.
    package func derivative(_ cotangent: Tensor, x: Tensor, y: Tensor) -> Tensor? { nil }
}

/// −x. Integers wrap. (StableHLO `negate`)
package struct Negate: Unary {
    package static let name = "negate"
    package static let domain: Set<ElementType> = .numbers
    package init() {}

    /// −dy
    package func derivative(_ cotangent: Tensor, x: Tensor, y: Tensor) -> Tensor? { -cotangent }
}

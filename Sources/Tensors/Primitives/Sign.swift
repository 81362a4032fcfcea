/// −1, 0 or 1; ±0 and NaN stay as they are. (StableHLO `sign`)
package struct Sign: Unary {
    package static let name = "sign"
    package static let domain: Set<ElementType> = .numbers
    package init() {}

    /// The derivative is zero wherever it exists.
    package func derivative(_ cotangent: Tensor, x: Tensor, y: Tensor) -> Tensor? { nil }
}

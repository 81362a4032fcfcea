/// a / b. Integers round towards zero; a zero divisor gives all bits set. (StableHLO `divide`)
package struct Divide: Binary {
    package static let name = "divide"
    package static let domain: Set<ElementType> = .numbers
    package init() {}

    /// dy / b, −y dy / b
    package func derivatives(_ cotangent: Tensor, a: Tensor, b: Tensor, y: Tensor) -> (Tensor?, Tensor?) {
        let scaled = cotangent / b
        return (scaled, -(scaled * y))
    }
}

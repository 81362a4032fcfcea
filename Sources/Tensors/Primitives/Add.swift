/// a + b. Integers wrap. (StableHLO `add`)
package struct Add: Binary {
    package static let name = "add"
    package static let domain: Set<ElementType> = .numbers
    package init() {}

    /// dy, dy
    package func derivatives(_ cotangent: Tensor, a: Tensor, b: Tensor, y: Tensor) -> (Tensor?, Tensor?) {
        (cotangent, cotangent)
    }
}

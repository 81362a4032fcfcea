/// a − b. Integers wrap. (StableHLO `subtract`)
package struct Subtract: Binary {
    package static let name = "subtract"
    package static let domain: Set<ElementType> = .numbers
    package init() {}

    /// dy, −dy
    package func derivatives(_ cotangent: Tensor, a: Tensor, b: Tensor, y: Tensor) -> (Tensor?, Tensor?) {
        (cotangent, -cotangent)
    }
}

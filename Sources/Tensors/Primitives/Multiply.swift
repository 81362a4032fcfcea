/// a b. Integers wrap. (StableHLO `multiply`)
package struct Multiply: Binary {
    package static let name = "multiply"
    package static let domain: Set<ElementType> = .numbers
    package init() {}

    /// b dy, a dy
    package func derivatives(_ cotangent: Tensor, a: Tensor, b: Tensor, y: Tensor) -> (Tensor?, Tensor?) {
        (cotangent * b, cotangent * a)
    }
}

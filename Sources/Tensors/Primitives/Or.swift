/// Either, of truth values or of each bit. (StableHLO `or`)
package struct Or: Binary {
    package static let name = "or"
    package static let domain: Set<ElementType> = .logical
    package init() {}

    /// Whole numbers have no derivative.
    package func derivatives(_ cotangent: Tensor, a: Tensor, b: Tensor, y: Tensor) -> (Tensor?, Tensor?) {
        (nil, nil)
    }
}

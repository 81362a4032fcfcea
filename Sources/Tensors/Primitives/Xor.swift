/// One but not both, of truth values or of each bit. (StableHLO `xor`)
package struct Xor: Binary {
    package static let name = "xor"
    package static let domain: Set<ElementType> = .logical
    package init() {}

    /// Whole numbers have no derivative.
    package func derivatives(_ cotangent: Tensor, a: Tensor, b: Tensor, y: Tensor) -> (Tensor?, Tensor?) {
        (nil, nil)
    }
}

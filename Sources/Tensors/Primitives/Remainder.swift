/// a − b trunc(a / b) of integers, with the sign of a; a zero divisor gives a. (StableHLO `remainder`)
package struct Remainder: Binary {
    package static let name = "remainder"
    package static let domain: Set<ElementType> = .integers
    package init() {}

    /// Whole numbers have no derivative.
    package func derivatives(_ cotangent: Tensor, a: Tensor, b: Tensor, y: Tensor) -> (Tensor?, Tensor?) {
        (nil, nil)
    }
}

/// a moved b bits up; 0 from the width on. (StableHLO `shift_left`)
package struct ShiftLeft: Binary {
    package static let name = "shift_left"
    package static let domain: Set<ElementType> = .integers
    package init() {}

    /// Whole numbers have no derivative.
    package func derivatives(_ cotangent: Tensor, a: Tensor, b: Tensor, y: Tensor) -> (Tensor?, Tensor?) {
        (nil, nil)
    }
}

/// a moved b bits down, zeros following; 0 from the width on. (StableHLO `shift_right_logical`)
package struct ShiftRightLogical: Binary {
    package static let name = "shift_right_logical"
    package static let domain: Set<ElementType> = .integers
    package init() {}

    /// Whole numbers have no derivative.
    package func derivatives(_ cotangent: Tensor, a: Tensor, b: Tensor, y: Tensor) -> (Tensor?, Tensor?) {
        (nil, nil)
    }
}

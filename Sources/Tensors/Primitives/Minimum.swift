/// The smaller of a and b. NaN if either is; −0 is below +0. (StableHLO `minimum`)
package struct Minimum: Binary {
    package static let name = "minimum"
    package static let domain: Set<ElementType> = .numbers
    package init() {}

    /// dy to the smaller; half to each of two equals
    package func derivatives(_ cotangent: Tensor, a: Tensor, b: Tensor, y: Tensor) -> (Tensor?, Tensor?) {
        let tie = cotangent * 0.5
        let zero = cotangent.filled(0)
        let equal = a .== b
        let first = a .< b
        return (
            select(equal, tie, select(first, cotangent, zero)), select(equal, tie, select(first, zero, cotangent))
        )
    }
}

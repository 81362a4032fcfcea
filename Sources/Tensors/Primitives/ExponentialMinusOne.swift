/// eˣ − 1, also where eˣ is so near 1 that little would be left of it. (StableHLO `exponential_minus_one`)
///
/// In f64, x = n ln 2 + r as for `exponential`, s = eʳ − 1 by its series: 2ⁿ s + (2ⁿ − 1). In f32, that in f64, rounded
/// once more.
package struct ExponentialMinusOne: Unary {
    package static let name = "exponential_minus_one"
    package static let domain: Set<ElementType> = .floats
    package init() {}

    /// eˣ dy
    package func derivative(_ cotangent: Tensor, x: Tensor, y: Tensor) -> Tensor? { cotangent * x.exponential() }
}

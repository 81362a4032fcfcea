/// log(1 + x), also where 1 + x would forget a small x; −∞ at −1, NaN below. (StableHLO `log_plus_one`)
///
/// In f64, after Kahan: u = 1 + x; x where u is 1, else log(u) (x / (u − 1)), in which the error of u cancels. In f32, that
/// in f64, rounded once more.
package struct LogPlusOne: Unary {
    package static let name = "log_plus_one"
    package static let domain: Set<ElementType> = .floats
    package init() {}

    /// dy / (1 + x)
    package func derivative(_ cotangent: Tensor, x: Tensor, y: Tensor) -> Tensor? { cotangent / (1 + x) }
}

/// The natural logarithm; −∞ at 0, NaN below. (StableHLO `log`)
///
/// In f32, after Cephes' `logf`, every step rounded to f32: x = 2ᵉ m with √½ ≤ m < √2 (m is compared with √½ rounded to
/// f32), f = m − 1, z = f². A polynomial p by Horner's rule with fused multiply-add, from 7.0376836292e-2 over
/// −1.1514610310e-1, 1.1676998740e-1, −1.2420140846e-1, 1.4249322787e-1, −1.6668057665e-1, 2.0000714765e-1 and
/// −2.4999993993e-1 to 3.3333331174e-1, at f. Then r = (f z) p; r = fma(e, −2.12194440e-4, r); r = fma(z, −½, r);
/// r = f + r; and the result is fma(e, 0.693359375, r).
package struct Log: Unary {
    package static let name = "log"
    package static let domain: Set<ElementType> = .floats
    package init() {}

    /// dy / x
    package func derivative(_ cotangent: Tensor, x: Tensor, y: Tensor) -> Tensor? { cotangent / x }
}

extension Tensor {
    /// erf⁻¹ of every element, for −1 < x < 1.
    ///
    /// Giles, "Approximating the erfinv function", 2010, single precision: polynomials in w = −log(1 − x²), one for
    /// w < 5 and one in √w beyond. Every step is rounded to the tensor's element type, as written here.
    var inverseErrorFunction: Tensor {
        let w = -((1 - self) * (1 + self)).log()
        let central: [Double] = [
            2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087, -0.00125372503,
            -0.00417768164, 0.246640727, 1.50140941,
        ]
        let tail: [Double] = [
            -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613,
            0.00943887047, 1.00167406, 2.83297682,
        ]
        let near = Self.polynomial(central, at: w - 2.5)
        let far = Self.polynomial(tail, at: w.squareRoot() - 3)
        return select(w .< 5, near, far) * self
    }

    /// Horner's rule with fused multiply-add, the highest coefficient first.
    private static func polynomial(_ coefficients: [Double], at x: Tensor) -> Tensor {
        coefficients.dropFirst().reduce(x.filled(coefficients[0])) { sum, coefficient in
            fma(sum, x, x.filled(coefficient))
        }
    }
}

// Operators broadcast as NumPy does: shapes are aligned at their last axes, and a missing axis or one of size 1 repeats.

/// Broadcasts two tensors to their common shape; a mistake is left for the primitive to report.
func aligned(_ a: Tensor, _ b: Tensor) -> (Tensor, Tensor) {
    guard a.shape != b.shape else { return (a, b) }
    let rank = max(a.rank, b.rank)
    var sizes: [Int] = []
    for axis in 0..<rank {
        let left = axis - (rank - a.rank)
        let right = axis - (rank - b.rank)
        let (m, n) = (left < 0 ? 1 : a.shape[left], right < 0 ? 1 : b.shape[right])
        guard m == n || m == 1 || n == 1 else { return (a, b) }
        sizes.append(m == 1 ? n : m)
    }
    let common = Shape(sizes)
    return (a.broadcast(to: common), b.broadcast(to: common))
}

private func binary(_ primitive: any Primitive, _ a: Tensor, _ b: Tensor) -> Tensor {
    let (a, b) = aligned(a, b)
    return Trace.apply(primitive, [a, b])[0]
}

extension Tensor {
    /// The sum, element by element.
    public static func + (a: Tensor, b: Tensor) -> Tensor { binary(Add(), a, b) }
    /// The difference, element by element.
    public static func - (a: Tensor, b: Tensor) -> Tensor { binary(Subtract(), a, b) }
    /// The product, element by element.
    public static func * (a: Tensor, b: Tensor) -> Tensor { binary(Multiply(), a, b) }
    /// The quotient, element by element.
    public static func / (a: Tensor, b: Tensor) -> Tensor { binary(Divide(), a, b) }
    /// The negative of each element.
    public static prefix func - (a: Tensor) -> Tensor { Trace.apply(Negate(), [a])[0] }

    /// A number added to each element.
    public static func + (a: Tensor, b: Double) -> Tensor { a + a.filled(b) }
    /// A number subtracted from each element.
    public static func - (a: Tensor, b: Double) -> Tensor { a - a.filled(b) }
    /// Each element times a number.
    public static func * (a: Tensor, b: Double) -> Tensor { a * a.filled(b) }
    /// Each element divided by a number.
    public static func / (a: Tensor, b: Double) -> Tensor { a / a.filled(b) }
    /// Each element added to a number.
    public static func + (a: Double, b: Tensor) -> Tensor { b.filled(a) + b }
    /// Each element subtracted from a number.
    public static func - (a: Double, b: Tensor) -> Tensor { b.filled(a) - b }
    /// A number times each element.
    public static func * (a: Double, b: Tensor) -> Tensor { b.filled(a) * b }
    /// A number divided by each element.
    public static func / (a: Double, b: Tensor) -> Tensor { b.filled(a) / b }

    /// |x| of each element.
    public func absolute() -> Tensor { Trace.apply(Absolute(), [self])[0] }
    /// −1, 0 or 1 by the sign of each element.
    public func sign() -> Tensor { Trace.apply(Sign(), [self])[0] }
    /// The largest whole number not above each element.
    public func floor() -> Tensor { Trace.apply(Floor(), [self])[0] }
    /// eˣ of each element.
    public func exponential() -> Tensor { Trace.apply(Exponential(), [self])[0] }
    /// eˣ − 1 of each element, exact near 0 too.
    public func exponentialMinusOne() -> Tensor { Trace.apply(ExponentialMinusOne(), [self])[0] }
    /// The natural logarithm of each element.
    public func log() -> Tensor { Trace.apply(Log(), [self])[0] }
    /// log(1 + x) of each element, exact near 0 too.
    public func logPlusOne() -> Tensor { Trace.apply(LogPlusOne(), [self])[0] }
    /// The hyperbolic tangent of each element.
    public func tanh() -> Tensor { Trace.apply(Tanh(), [self])[0] }
    /// 1 / (1 + e⁻ˣ) of each element.
    public func logistic() -> Tensor { Trace.apply(Logistic(), [self])[0] }
    /// The square root of each element.
    public func squareRoot() -> Tensor { Trace.apply(SquareRoot(), [self])[0] }
    /// 1 / √x of each element.
    public func reciprocalSquareRoot() -> Tensor { Trace.apply(ReciprocalSquareRoot(), [self])[0] }
    /// The sine of each element.
    public func sine() -> Tensor { Trace.apply(Sine(), [self])[0] }
    /// The cosine of each element.
    public func cosine() -> Tensor { Trace.apply(Cosine(), [self])[0] }
    /// The tensor as a constant to gradients.
    public func stoppingGradient() -> Tensor { Trace.apply(StopGradient(), [self])[0] }
    /// The same numbers in another element type.
    public func converted(to element: ElementType) -> Tensor {
        element == self.element ? self : Trace.apply(Convert(to: element), [self])[0]
    }
    /// Each word moved down by a number of bits, zeros following.
    public func shiftedRight(by bits: Int) -> Tensor {
        Trace.apply(ShiftRightLogical(), [self, filled(Double(bits))])[0]
    }
    /// Each word moved up by a number of bits.
    public func shiftedLeft(by bits: Int) -> Tensor { Trace.apply(ShiftLeft(), [self, filled(Double(bits))])[0] }
}

/// a b + c with one rounding, element by element.
public func fma(_ a: Tensor, _ b: Tensor, _ c: Tensor) -> Tensor {
    Trace.apply(FusedMultiplyAdd(), [a, b, c])[0]
}

/// The larger of two elements; NaN if either is.
public func maximum(_ a: Tensor, _ b: Tensor) -> Tensor { binary(Maximum(), a, b) }

/// The smaller of two elements; NaN if either is.
public func minimum(_ a: Tensor, _ b: Tensor) -> Tensor { binary(Minimum(), a, b) }

/// What integer division leaves.
public func remainder(_ a: Tensor, by b: Tensor) -> Tensor { binary(Remainder(), a, b) }

/// What division of each integer by a number leaves.
public func remainder(_ a: Tensor, by b: Double) -> Tensor { remainder(a, by: a.filled(b)) }

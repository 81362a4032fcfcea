private func compare(_ a: Tensor, _ b: Tensor, _ direction: Compare.Direction) -> Tensor {
    let (a, b) = aligned(a, b)
    return Trace.apply(Compare(direction), [a, b])[0]
}

extension Tensor {
    /// Whether elements are equal.
    public static func .== (a: Tensor, b: Tensor) -> Tensor { compare(a, b, .equal) }
    /// Whether elements differ.
    public static func .!= (a: Tensor, b: Tensor) -> Tensor { compare(a, b, .notEqual) }
    /// Whether elements of the left are smaller.
    public static func .< (a: Tensor, b: Tensor) -> Tensor { compare(a, b, .less) }
    /// Whether elements of the left are not larger.
    public static func .<= (a: Tensor, b: Tensor) -> Tensor { compare(a, b, .lessOrEqual) }
    /// Whether elements of the left are larger.
    public static func .> (a: Tensor, b: Tensor) -> Tensor { compare(a, b, .greater) }
    /// Whether elements of the left are not smaller.
    public static func .>= (a: Tensor, b: Tensor) -> Tensor { compare(a, b, .greaterOrEqual) }

    /// Whether elements equal a number.
    public static func .== (a: Tensor, b: Double) -> Tensor { a .== a.filled(b) }
    /// Whether elements are below a number.
    public static func .< (a: Tensor, b: Double) -> Tensor { a .< a.filled(b) }
    /// Whether elements are not above a number.
    public static func .<= (a: Tensor, b: Double) -> Tensor { a .<= a.filled(b) }
    /// Whether elements are above a number.
    public static func .> (a: Tensor, b: Double) -> Tensor { a .> a.filled(b) }
    /// Whether elements are not below a number.
    public static func .>= (a: Tensor, b: Double) -> Tensor { a .>= a.filled(b) }

    /// The opposite truth value, or every bit turned.
    public static prefix func .! (a: Tensor) -> Tensor { Trace.apply(Not(), [a])[0] }
}

/// Elements of `a` where the condition holds, of `b` elsewhere; all of one shape.
public func select(_ condition: Tensor, _ a: Tensor, _ b: Tensor) -> Tensor {
    Trace.apply(Select(), [condition, a, b])[0]
}

/// Both truth values, or both bits.
public func and(_ a: Tensor, _ b: Tensor) -> Tensor {
    let (a, b) = aligned(a, b)
    return Trace.apply(And(), [a, b])[0]
}

/// Either truth value, or either bit.
public func or(_ a: Tensor, _ b: Tensor) -> Tensor {
    let (a, b) = aligned(a, b)
    return Trace.apply(Or(), [a, b])[0]
}

/// One truth value but not both, or one bit but not both.
public func xor(_ a: Tensor, _ b: Tensor) -> Tensor {
    let (a, b) = aligned(a, b)
    return Trace.apply(Xor(), [a, b])[0]
}

/// How far a native result may be from the exact one on the same operands, for every primitive.
///
/// The bits of a program are the same on every machine; this says how good they are. u is half a unit in the last place
/// of 1: 2⁻²⁴ in `f32`, 2⁻⁵³ in `f64`. A test holds every primitive to its line of the table, and refuses one without.
public enum Accuracy: Hashable, Sendable {
    /// The exact result, rounded once to nearest, ties to even; integers and truth values are exact.
    case rounded
    /// Units in the last place of the result, denormal results included.
    case units(f32: Double, f64: Double)
    /// (n + 1) u Σ|tᵢ| for a sum of n terms tᵢ, products rounded with it. (Higham, Accuracy and Stability of Numerical
    /// Algorithms, 2002, eq. 4.4)
    case sum
    /// n + 1 units in the last place for a product of n factors.
    case product
    /// That of the primitives that its functions are made of.
    case composed

    /// A line for each primitive, by name.
    ///
    /// The units are what was measured, rounded up: in `f32` over every third of all 2³² operands, against the C library in
    /// Double; in `f64` over 6 · 10⁷ random operands, half of them of all exponents and half of ordinary size, against the
    /// C library's 64-bit significands. Measured: exponential 1.011 and 0.995, log 0.823 and 1.170, tanh 1.331 and 5.856,
    /// logistic 2.402 and 2.274, sine and cosine 0.5001 and 1.481, exponential_minus_one 0.5001 and 1.817, log_plus_one
    /// 0.5001 and 2.374, rsqrt 1.316 and 1.491.
    public static let table: [String: Accuracy] = [
        "abs": .rounded, "add": .rounded, "and": .rounded, "argmax": .rounded, "broadcast_in_dim": .rounded,
        "call": .composed,
        "compare": .rounded, "concatenate": .rounded, "conditional": .composed, "constant": .rounded,
        "convert": .rounded, "convolution": .sum, "cosine": .units(f32: 0.501, f64: 1.5), "cumulative_sum": .sum,
        "divide": .rounded, "dot_general": .sum, "exponential": .units(f32: 1.02, f64: 1),
        "exponential_minus_one": .units(f32: 0.501, f64: 1.9), "floor": .rounded, "fma": .rounded, "gather": .rounded,
        "iota": .rounded, "log": .units(f32: 0.83, f64: 1.2), "log_plus_one": .units(f32: 0.501, f64: 2.4),
        "logistic": .units(f32: 2.5, f64: 2.3), "maximum": .rounded, "minimum": .rounded, "multiply": .rounded,
        "negate": .rounded, "not": .rounded, "or": .rounded, "pad": .rounded, "random_bits": .rounded,
        "reduce_max": .rounded, "reduce_min": .rounded, "reduce_prod": .product, "reduce_sum": .sum,
        "reduce_window_sum": .sum, "remainder": .rounded, "reshape": .rounded, "reverse": .rounded,
        "rsqrt": .units(f32: 1.5, f64: 1.5), "scan": .composed, "scatter_add": .sum, "select": .rounded,
        "shift_left": .rounded, "shift_right_logical": .rounded, "sign": .rounded,
        "sine": .units(f32: 0.501, f64: 1.5), "slice": .rounded, "sort": .rounded, "sqrt": .rounded,
        "stop_gradient": .rounded, "subtract": .rounded, "tanh": .units(f32: 1.34, f64: 6), "transpose": .rounded,
        "window_argmax": .rounded, "xor": .rounded,
    ]
}

/// What a tensor is made of. The numbers are part of canonical bytes and never change.
///
/// 7 is reserved for i64, 8 for u64, 9 for f16 and 10 for bf16.
public enum ElementType: UInt8, Sendable, Hashable, CaseIterable, CustomStringConvertible {
    case f32 = 1
    case f64 = 2
    case i32 = 3
    case u32 = 4
    case u8 = 5
    case bool = 6

    /// Bytes of one element; a `bool` is one byte, 0 or 1.
    public var byteCount: Int {
        switch self {
        case .f64: 8
        case .f32, .i32, .u32: 4
        case .u8, .bool: 1
        }
    }

    /// Whether elements are floating-point numbers, which alone have derivatives.
    public var isFloat: Bool { self == .f32 || self == .f64 }

    /// Whether elements are integers.
    public var isInteger: Bool { self == .i32 || self == .u32 || self == .u8 }

    /// The name in messages: `f32`, `i32`, …
    public var description: String {
        switch self {
        case .f32: "f32"
        case .f64: "f64"
        case .i32: "i32"
        case .u32: "u32"
        case .u8: "u8"
        case .bool: "bool"
        }
    }
}

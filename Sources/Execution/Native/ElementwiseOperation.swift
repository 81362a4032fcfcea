import CKernels
import Tensors

/// The kernel of an element-wise primitive: its operation, and the element type that selects among its forms.
struct ElementwiseOperation: Sendable {
    var kernel: troupe_operation
    var type: Int32

    init(kernel: troupe_operation, type: Int32) {
        self.kernel = kernel
        self.type = type
    }

    /// - Returns: nil for a primitive that is not element-wise.
    init?(_ primitive: any Primitive, operands: [TensorType]) {
        guard let kernel = Self.operation(of: primitive) else { return nil }
        self.kernel = kernel
        // A choice is named by what is chosen, everything else by its first operand.
        let named = primitive is Select ? operands[1] : operands[0]
        type = Int32(named.element.rawValue)
    }

    private static func operation(of primitive: any Primitive) -> troupe_operation? {
        switch primitive {
        case is Add: TROUPE_ADD
        case is Subtract: TROUPE_SUBTRACT
        case is Multiply: TROUPE_MULTIPLY
        case is Divide: TROUPE_DIVIDE
        case is Remainder: TROUPE_REMAINDER
        case is Maximum: TROUPE_MAXIMUM
        case is Minimum: TROUPE_MINIMUM
        case is And: TROUPE_AND
        case is Or: TROUPE_OR
        case is Xor: TROUPE_XOR
        case is ShiftLeft: TROUPE_SHIFT_LEFT
        case is ShiftRightLogical: TROUPE_SHIFT_RIGHT
        case is Negate: TROUPE_NEGATE
        case is Absolute: TROUPE_ABS
        case is Sign: TROUPE_SIGN
        case is Floor: TROUPE_FLOOR
        case is Exponential: TROUPE_EXP
        case is Log: TROUPE_LOG
        case is Tanh: TROUPE_TANH
        case is Logistic: TROUPE_LOGISTIC
        case is SquareRoot: TROUPE_SQRT
        case is ReciprocalSquareRoot: TROUPE_RSQRT
        case is Sine: TROUPE_SIN
        case is Cosine: TROUPE_COS
        case is ExponentialMinusOne: TROUPE_EXPM1
        case is LogPlusOne: TROUPE_LOG1P
        case is Not: TROUPE_NOT
        case is FusedMultiplyAdd: TROUPE_FMA
        case is Select: TROUPE_SELECT
        case let compare as Compare: operation(of: compare.direction)
        case let convert as Convert: conversion(to: convert.element)
        default: nil
        }
    }

    private static func operation(of direction: Compare.Direction) -> troupe_operation {
        switch direction {
        case .equal: TROUPE_EQUAL
        case .notEqual: TROUPE_NOT_EQUAL
        case .less: TROUPE_LESS
        case .lessOrEqual: TROUPE_LESS_OR_EQUAL
        case .greater: TROUPE_GREATER
        case .greaterOrEqual: TROUPE_GREATER_OR_EQUAL
        }
    }

    private static func conversion(to element: ElementType) -> troupe_operation {
        switch element {
        case .f32: TROUPE_TO_F32
        case .f64: TROUPE_TO_F64
        case .i32: TROUPE_TO_I32
        case .u32: TROUPE_TO_U32
        case .u8: TROUPE_TO_U8
        case .bool: TROUPE_TO_BOOL
        }
    }
}

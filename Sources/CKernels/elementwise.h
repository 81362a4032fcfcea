/* Element-wise operations on contiguous blocks, and their table. Included once for each path. */

#define LOOP _Pragma("clang loop vectorize(assume_safety) interleave(enable)") for (size_t i = 0; i < n; i++)
#define UNARY(name, D, T, e) \
    static void NAME(name)(void *dv, const void *av, const void *bv, const void *cv, size_t n) { \
        (void)bv, (void)cv; \
        D *d = dv; \
        const T *pa = av; \
        LOOP { T a = pa[i]; d[i] = (D)(e); } \
    }
#define BINARY(name, D, T, e) \
    static void NAME(name)(void *dv, const void *av, const void *bv, const void *cv, size_t n) { \
        (void)cv; \
        D *d = dv; \
        const T *pa = av, *pb = bv; \
        LOOP { T a = pa[i], b = pb[i]; d[i] = (D)(e); } \
    }

#define TERNARY(name, T, e) \
    static void NAME(name)(void *dv, const void *av, const void *bv, const void *cv, size_t n) { \
        T *d = dv; \
        const T *pa = av, *pb = bv, *pc = cv; \
        LOOP { T a = pa[i], b = pb[i], c = pc[i]; d[i] = e; } \
    }

#define ARITHMETIC(S, T, U) \
    BINARY(add_##S, T, T, (U)a + (U)b) \
    BINARY(subtract_##S, T, T, (U)a - (U)b) \
    BINARY(multiply_##S, T, T, (U)a * (U)b)
#define COMPARISONS(S, T) \
    BINARY(equal_##S, uint8_t, T, a == b) \
    BINARY(not_equal_##S, uint8_t, T, a != b) \
    BINARY(less_##S, uint8_t, T, a < b) \
    BINARY(less_or_equal_##S, uint8_t, T, a <= b) \
    BINARY(greater_##S, uint8_t, T, a > b) \
    BINARY(greater_or_equal_##S, uint8_t, T, a >= b)
#define BITWISE(S, T) \
    BINARY(and_##S, T, T, a & b) \
    BINARY(or_##S, T, T, a | b) \
    BINARY(xor_##S, T, T, a ^ b)
#define MOVES(S, T) \
    static void NAME(copy_##S)(void *dv, const void *av, const void *bv, const void *cv, size_t n) { \
        (void)bv, (void)cv; \
        memmove(dv, av, n * sizeof(T)); \
    } \
    static void NAME(select_##S)(void *dv, const void *av, const void *bv, const void *cv, size_t n) { \
        T *d = dv; \
        const uint8_t *pa = av; \
        const T *pb = bv, *pc = cv; \
        LOOP { T x = pb[i], y = pc[i]; d[i] = pa[i] ? x : y; } \
    }
#define FLOATS(S, T) \
    ARITHMETIC(S, T, T) COMPARISONS(S, T) MOVES(S, T) \
    TERNARY(multiply_add_##S, T, a * b + c) \
    TERNARY(multiply_subtract_##S, T, a * b - c) \
    TERNARY(subtract_product_##S, T, c - a * b) \
    TERNARY(multiply_multiply_##S, T, a * b * c) \
    TERNARY(add_multiply_##S, T, (a + b) * c) \
    TERNARY(subtract_multiply_##S, T, (a - b) * c) \
    TERNARY(divide_by_sum_##S, T, a / (b + c)) \
    BINARY(negate_multiply_##S, T, T, -a * b) \
    BINARY(root_of_product_##S, T, T, __builtin_elementwise_sqrt(a * b)) \
    BINARY(raise_##S, T, T, a <= b ? b : a) \
    BINARY(divide_##S, T, T, a / b) \
    BINARY(maximum_##S, T, T, maximum_##S(a, b)) \
    BINARY(minimum_##S, T, T, minimum_##S(a, b)) \
    UNARY(negate_##S, T, T, -a) \
    UNARY(sign_##S, T, T, sign_##S(a)) \
    UNARY(exp_##S, T, T, exp_##S(a)) \
    UNARY(log_##S, T, T, log_##S(a)) \
    UNARY(tanh_##S, T, T, tanh_##S(a)) \
    UNARY(logistic_##S, T, T, logistic_##S(a)) \
    UNARY(sin_##S, T, T, sin_##S(a)) \
    UNARY(cos_##S, T, T, cos_##S(a)) \
    UNARY(expm1_##S, T, T, expm1_##S(a)) \
    UNARY(log1p_##S, T, T, log1p_##S(a)) \
    UNARY(to_i32_##S, int32_t, T, i32_of((double)a)) \
    UNARY(to_u32_##S, uint32_t, T, u32_of((double)a)) \
    UNARY(to_u8_##S, uint8_t, T, u8_of((double)a)) \
    UNARY(to_bool_##S, uint8_t, T, a != 0)
FLOATS(f32, float)
FLOATS(f64, double)
UNARY(abs_f32, float, float, __builtin_fabsf(a))
UNARY(abs_f64, double, double, __builtin_fabs(a))
UNARY(floor_f32, float, float, __builtin_floorf(a))
UNARY(floor_f64, double, double, __builtin_floor(a))
UNARY(sqrt_f32, float, float, __builtin_elementwise_sqrt(a))
UNARY(sqrt_f64, double, double, __builtin_elementwise_sqrt(a))
UNARY(rsqrt_f32, float, float, 1.0f / __builtin_elementwise_sqrt(a))
UNARY(rsqrt_f64, double, double, 1.0 / __builtin_elementwise_sqrt(a))
UNARY(to_f64_f32, double, float, a)
UNARY(to_f32_f64, float, double, a)
static void NAME(fma_f32)(void *dv, const void *av, const void *bv, const void *cv, size_t n) {
    float *d = dv;
    const float *a = av, *b = bv, *c = cv;
    LOOP d[i] = __builtin_fmaf(a[i], b[i], c[i]);
}
static void NAME(fma_f64)(void *dv, const void *av, const void *bv, const void *cv, size_t n) {
    double *d = dv;
    const double *a = av, *b = bv, *c = cv;
    LOOP d[i] = __builtin_fma(a[i], b[i], c[i]);
}

#define INTEGERS(S, T, W) \
    ARITHMETIC(S, T, uint32_t) COMPARISONS(S, T) BITWISE(S, T) MOVES(S, T) \
    BINARY(maximum_##S, T, T, a > b ? a : b) \
    BINARY(minimum_##S, T, T, a < b ? a : b) \
    BINARY(shift_left_##S, T, T, (uint32_t)b < W ? (uint32_t)a << ((uint32_t)b & (W - 1)) : 0) \
    UNARY(negate_##S, T, T, 0u - (uint32_t)a) \
    UNARY(not_##S, T, T, ~a) \
    UNARY(to_f32_##S, float, T, a) \
    UNARY(to_f64_##S, double, T, a) \
    UNARY(to_bool_##S, uint8_t, T, a != 0) \
    UNARY(to_i32_##S, int32_t, T, i32_of((double)a)) \
    UNARY(to_u32_##S, uint32_t, T, u32_of((double)a)) \
    UNARY(to_u8_##S, uint8_t, T, u8_of((double)a))
INTEGERS(i32, int32_t, 32)
INTEGERS(u32, uint32_t, 32)
INTEGERS(u8, uint8_t, 8)
BINARY(shift_right_i32, int32_t, int32_t, (uint32_t)b < 32 ? (uint32_t)a >> ((uint32_t)b & 31) : 0)
BINARY(shift_right_u32, uint32_t, uint32_t, b < 32 ? a >> (b & 31) : 0)
BINARY(shift_right_u8, uint8_t, uint8_t, b < 8 ? a >> (b & 7) : 0)
UNARY(abs_i32, int32_t, int32_t, a < 0 ? 0u - (uint32_t)a : (uint32_t)a)
UNARY(sign_i32, int32_t, int32_t, (a > 0) - (a < 0))
UNARY(sign_u32, uint32_t, uint32_t, a > 0)
UNARY(sign_u8, uint8_t, uint8_t, a > 0)
BINARY(divide_i32, int32_t, int32_t, b == 0 ? -1 : b == -1 ? (int32_t)(0u - (uint32_t)a) : a / b)
BINARY(divide_u32, uint32_t, uint32_t, b == 0 ? ~0u : a / b)
BINARY(divide_u8, uint8_t, uint8_t, b == 0 ? 255 : a / b)
BINARY(remainder_i32, int32_t, int32_t, b == 0 ? a : b == -1 ? 0 : a % b)
BINARY(remainder_u32, uint32_t, uint32_t, b == 0 ? a : a % b)
BINARY(remainder_u8, uint8_t, uint8_t, b == 0 ? a : a % b)
COMPARISONS(bool, uint8_t)
BITWISE(bool, uint8_t)
MOVES(bool, uint8_t)
UNARY(not_bool, uint8_t, uint8_t, a ^ 1)
UNARY(to_f32_bool, float, uint8_t, a)
UNARY(to_f64_bool, double, uint8_t, a)

#define FLOAT_ROW(S, O) \
    [TROUPE_MULTIPLY_ADD] = NAME(multiply_add_##S), [TROUPE_MULTIPLY_SUBTRACT] = NAME(multiply_subtract_##S), \
    [TROUPE_SUBTRACT_PRODUCT] = NAME(subtract_product_##S), [TROUPE_MULTIPLY_MULTIPLY] = NAME(multiply_multiply_##S), \
    [TROUPE_ADD_MULTIPLY] = NAME(add_multiply_##S), [TROUPE_SUBTRACT_MULTIPLY] = NAME(subtract_multiply_##S), \
    [TROUPE_NEGATE_MULTIPLY] = NAME(negate_multiply_##S), [TROUPE_DIVIDE_BY_SUM] = NAME(divide_by_sum_##S), \
    [TROUPE_ROOT_OF_PRODUCT] = NAME(root_of_product_##S), [TROUPE_RAISE] = NAME(raise_##S), \
    [TROUPE_ADD] = NAME(add_##S), [TROUPE_SUBTRACT] = NAME(subtract_##S), [TROUPE_MULTIPLY] = NAME(multiply_##S), \
    [TROUPE_DIVIDE] = NAME(divide_##S), [TROUPE_MAXIMUM] = NAME(maximum_##S), [TROUPE_MINIMUM] = NAME(minimum_##S), \
    COMPARE_ROW(S), [TROUPE_NEGATE] = NAME(negate_##S), [TROUPE_ABS] = NAME(abs_##S), [TROUPE_SIGN] = NAME(sign_##S), \
    [TROUPE_FLOOR] = NAME(floor_##S), [TROUPE_EXP] = NAME(exp_##S), [TROUPE_LOG] = NAME(log_##S), \
    [TROUPE_TANH] = NAME(tanh_##S), [TROUPE_LOGISTIC] = NAME(logistic_##S), [TROUPE_SQRT] = NAME(sqrt_##S), \
    [TROUPE_RSQRT] = NAME(rsqrt_##S), [TROUPE_SIN] = NAME(sin_##S), [TROUPE_COS] = NAME(cos_##S), \
    [TROUPE_EXPM1] = NAME(expm1_##S), [TROUPE_LOG1P] = NAME(log1p_##S), \
    [TROUPE_FMA] = NAME(fma_##S), [TROUPE_COPY] = NAME(copy_##S), [TROUPE_SELECT] = NAME(select_##S), \
    [TROUPE_TO_I32] = NAME(to_i32_##S), [TROUPE_TO_U32] = NAME(to_u32_##S), [TROUPE_TO_U8] = NAME(to_u8_##S), \
    [TROUPE_TO_BOOL] = NAME(to_bool_##S), [O] = NAME(copy_##S)
#define COMPARE_ROW(S) \
    [TROUPE_EQUAL] = NAME(equal_##S), [TROUPE_NOT_EQUAL] = NAME(not_equal_##S), [TROUPE_LESS] = NAME(less_##S), \
    [TROUPE_LESS_OR_EQUAL] = NAME(less_or_equal_##S), [TROUPE_GREATER] = NAME(greater_##S), \
    [TROUPE_GREATER_OR_EQUAL] = NAME(greater_or_equal_##S)
#define INTEGER_ROW(S) \
    [TROUPE_ADD] = NAME(add_##S), [TROUPE_SUBTRACT] = NAME(subtract_##S), [TROUPE_MULTIPLY] = NAME(multiply_##S), \
    [TROUPE_DIVIDE] = NAME(divide_##S), [TROUPE_REMAINDER] = NAME(remainder_##S), \
    [TROUPE_MAXIMUM] = NAME(maximum_##S), [TROUPE_MINIMUM] = NAME(minimum_##S), COMPARE_ROW(S), \
    [TROUPE_AND] = NAME(and_##S), [TROUPE_OR] = NAME(or_##S), [TROUPE_XOR] = NAME(xor_##S), \
    [TROUPE_SHIFT_LEFT] = NAME(shift_left_##S), [TROUPE_SHIFT_RIGHT] = NAME(shift_right_##S), \
    [TROUPE_NEGATE] = NAME(negate_##S), [TROUPE_SIGN] = NAME(sign_##S), [TROUPE_NOT] = NAME(not_##S), \
    [TROUPE_COPY] = NAME(copy_##S), [TROUPE_SELECT] = NAME(select_##S), [TROUPE_TO_F32] = NAME(to_f32_##S), \
    [TROUPE_TO_F64] = NAME(to_f64_##S), [TROUPE_TO_I32] = NAME(to_i32_##S), [TROUPE_TO_U32] = NAME(to_u32_##S), \
    [TROUPE_TO_U8] = NAME(to_u8_##S), [TROUPE_TO_BOOL] = NAME(to_bool_##S)

static const troupe_elementwise NAME(elementwise)[7][TROUPE_OPERATION_COUNT] = {
    [TROUPE_F32] = {FLOAT_ROW(f32, TROUPE_TO_F32), [TROUPE_TO_F64] = NAME(to_f64_f32)},
    [TROUPE_F64] = {FLOAT_ROW(f64, TROUPE_TO_F64), [TROUPE_TO_F32] = NAME(to_f32_f64)},
    [TROUPE_I32] = {INTEGER_ROW(i32), [TROUPE_ABS] = NAME(abs_i32)},
    [TROUPE_U32] = {INTEGER_ROW(u32), [TROUPE_ABS] = NAME(copy_u32)},
    [TROUPE_U8] = {INTEGER_ROW(u8), [TROUPE_ABS] = NAME(copy_u8)},
    [TROUPE_BOOL] = {COMPARE_ROW(bool), [TROUPE_AND] = NAME(and_bool), [TROUPE_OR] = NAME(or_bool),
                     [TROUPE_XOR] = NAME(xor_bool), [TROUPE_NOT] = NAME(not_bool), [TROUPE_COPY] = NAME(copy_bool),
                     [TROUPE_SELECT] = NAME(select_bool), [TROUPE_TO_F32] = NAME(to_f32_bool),
                     [TROUPE_TO_F64] = NAME(to_f64_bool), [TROUPE_TO_I32] = NAME(to_i32_u8),
                     [TROUPE_TO_U32] = NAME(to_u32_u8), [TROUPE_TO_U8] = NAME(copy_u8),
                     [TROUPE_TO_BOOL] = NAME(copy_bool)},
};

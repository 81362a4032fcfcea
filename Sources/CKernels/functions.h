/* exp, log, tanh and friends: branch-free polynomials with explicit fused multiply-add, so that every path gives the same
   bits and a loop over them vectorises. Coefficients after Cephes (f32) or Taylor's series (f64). Included once for each
   path. */

#define INLINE static inline __attribute__((always_inline))

INLINE uint32_t bits_of(float x) { uint32_t u; memcpy(&u, &x, 4); return u; }
INLINE float float_of(uint32_t u) { float x; memcpy(&x, &u, 4); return x; }
INLINE uint64_t bits_of_d(double x) { uint64_t u; memcpy(&u, &x, 8); return u; }
INLINE double double_of(uint64_t u) { double x; memcpy(&x, &u, 8); return x; }

/* 2^n for a rounded n held as 1.5 2^23 + n, in two factors so that denormals and infinity come out right. */
INLINE float scaled(float value, int32_t n) {
    int32_t half = n >> 1;
    return value * float_of((uint32_t)(half + 127) << 23) * float_of((uint32_t)(n - half + 127) << 23);
}

INLINE float exp_f32(float x) {
    x = x > 89.0f ? 89.0f : x;
    x = x < -105.0f ? -105.0f : x;
    float shifted = __builtin_fmaf(x, 1.44269504088896341f, 12582912.0f);
    int32_t n = (int32_t)(bits_of(shifted) - bits_of(12582912.0f));
    float whole = shifted - 12582912.0f;
    float r = __builtin_fmaf(whole, -0.693359375f, x);
    r = __builtin_fmaf(whole, 2.12194440e-4f, r);
    float p = 1.9875691500e-4f;
    p = __builtin_fmaf(p, r, 1.3981999507e-3f);
    p = __builtin_fmaf(p, r, 8.3334519073e-3f);
    p = __builtin_fmaf(p, r, 4.1665795894e-2f);
    p = __builtin_fmaf(p, r, 1.6666665459e-1f);
    p = __builtin_fmaf(p, r, 5.0000001201e-1f);
    p = __builtin_fmaf(p, r * r, r) + 1.0f;
    n = x != x ? 0 : n;
    return scaled(p, n);
}

INLINE float log_f32(float x) {
    int tiny = x < 1.17549435e-38f;
    float y = tiny ? x * 8388608.0f : x;
    uint32_t u = bits_of(y);
    int32_t e = (int32_t)(u >> 23) - 126 - (tiny ? 23 : 0);
    float m = float_of((u & 0x007fffffu) | 0x3f000000u); /* [0.5, 1) */
    int low = m < 0.707106781186547524f;
    e -= low;
    m = low ? m + m - 1.0f : m - 1.0f;
    float z = m * m;
    float p = 7.0376836292e-2f;
    p = __builtin_fmaf(p, m, -1.1514610310e-1f);
    p = __builtin_fmaf(p, m, 1.1676998740e-1f);
    p = __builtin_fmaf(p, m, -1.2420140846e-1f);
    p = __builtin_fmaf(p, m, 1.4249322787e-1f);
    p = __builtin_fmaf(p, m, -1.6668057665e-1f);
    p = __builtin_fmaf(p, m, 2.0000714765e-1f);
    p = __builtin_fmaf(p, m, -2.4999993993e-1f);
    p = __builtin_fmaf(p, m, 3.3333331174e-1f);
    float fe = (float)e;
    float r = m * z * p;
    r = __builtin_fmaf(fe, -2.12194440e-4f, r);
    r = __builtin_fmaf(z, -0.5f, r);
    r = m + r;
    r = __builtin_fmaf(fe, 0.693359375f, r);
    r = x == __builtin_inff() ? x : r;
    r = x == 0.0f ? -__builtin_inff() : r;
    return x < 0.0f || x != x ? __builtin_nanf("") : r;
}

INLINE float tanh_f32(float x) {
    float a = __builtin_fabsf(x);
    float z = x * x;
    float p = -5.70498872745e-3f;
    p = __builtin_fmaf(p, z, 2.06390887954e-2f);
    p = __builtin_fmaf(p, z, -5.37397155531e-2f);
    p = __builtin_fmaf(p, z, 1.33314422036e-1f);
    p = __builtin_fmaf(p, z, -3.33332819422e-1f);
    float near = __builtin_fmaf(p * z, x, x);
    float far = 1.0f - 2.0f / (exp_f32(a + a) + 1.0f);
    return __builtin_copysignf(a < 0.625f ? near : far, x);
}

INLINE float logistic_f32(float x) {
    float e = exp_f32(-__builtin_fabsf(x));
    return (x < 0.0f ? e : 1.0f) / (1.0f + e);
}

/* The argument modulo π/2 and its quadrant, in double: exact enough up to |x| = 2^30, NaN beyond. */
INLINE double reduced_f64(double x, int32_t *quadrant) {
    x = __builtin_fabs(x) <= 1073741824.0 ? x : __builtin_nan("");
    double shifted = __builtin_fma(x, 0.63661977236758134308, 6755399441055744.0);
    *quadrant = (int32_t)bits_of_d(shifted);
    double n = shifted - 6755399441055744.0;
    double r = __builtin_fma(n, -1.57079632679489655800e+00, x);
    r = __builtin_fma(n, -6.12323399573676603587e-17, r);
    return __builtin_fma(n, 1.4973849048591833e-33, r);
}

INLINE double sine_series(double r) {
    double z = r * r, p = 2.8114572543455206e-15;
    p = __builtin_fma(p, z, -7.6471637318198164e-13);
    p = __builtin_fma(p, z, 1.6059043836821613e-10);
    p = __builtin_fma(p, z, -2.5052108385441720e-08);
    p = __builtin_fma(p, z, 2.7557319223985893e-06);
    p = __builtin_fma(p, z, -1.9841269841269841e-04);
    p = __builtin_fma(p, z, 8.3333333333333332e-03);
    p = __builtin_fma(p, z, -1.6666666666666666e-01);
    return __builtin_fma(p * z, r, r);
}

INLINE double cosine_series(double r) {
    double z = r * r, p = 4.7794773323873853e-14;
    p = __builtin_fma(p, z, -1.1470745597729725e-11);
    p = __builtin_fma(p, z, 2.0876756987868099e-09);
    p = __builtin_fma(p, z, -2.7557319223985888e-07);
    p = __builtin_fma(p, z, 2.4801587301587302e-05);
    p = __builtin_fma(p, z, -1.3888888888888889e-03);
    p = __builtin_fma(p, z, 4.1666666666666664e-02);
    p = __builtin_fma(p, z, -0.5);
    return __builtin_fma(p, z, 1.0);
}

INLINE double sin_f64(double x) {
    int32_t q;
    double r = reduced_f64(x, &q);
    double v = q & 1 ? cosine_series(r) : sine_series(r);
    v = q & 2 ? -v : v;
    return x == 0.0 ? x : v;
}

INLINE double cos_f64(double x) {
    int32_t q;
    double r = reduced_f64(x, &q);
    double v = q & 1 ? sine_series(r) : cosine_series(r);
    return (q + 1) & 2 ? -v : v;
}

INLINE float sin_f32(float x) { return (float)sin_f64((double)x); }
INLINE float cos_f32(float x) { return (float)cos_f64((double)x); }

INLINE double scaled_d(double value, int64_t n) {
    int64_t half = n >> 1;
    return value * double_of((uint64_t)(half + 1023) << 52) * double_of((uint64_t)(n - half + 1023) << 52);
}

/* e^r - 1 for |r| <= ln 2 / 2 */
INLINE double exp_series(double r) {
    double p = 1.6059043836821613e-10;
    p = __builtin_fma(p, r, 2.0876756987868099e-09);
    p = __builtin_fma(p, r, 2.5052108385441719e-08);
    p = __builtin_fma(p, r, 2.7557319223985891e-07);
    p = __builtin_fma(p, r, 2.7557319223985893e-06);
    p = __builtin_fma(p, r, 2.4801587301587302e-05);
    p = __builtin_fma(p, r, 1.9841269841269841e-04);
    p = __builtin_fma(p, r, 1.3888888888888889e-03);
    p = __builtin_fma(p, r, 8.3333333333333332e-03);
    p = __builtin_fma(p, r, 4.1666666666666664e-02);
    p = __builtin_fma(p, r, 1.6666666666666666e-01);
    p = __builtin_fma(p, r, 0.5);
    return __builtin_fma(p, r * r, r);
}

INLINE double exp_f64(double x) {
    x = x > 710.0 ? 710.0 : x;
    x = x < -746.0 ? -746.0 : x;
    double shifted = __builtin_fma(x, 1.4426950408889634074, 6755399441055744.0);
    int64_t n = (int64_t)(int32_t)bits_of_d(shifted);
    double whole = shifted - 6755399441055744.0;
    double r = __builtin_fma(whole, -6.93147180369123816490e-01, x);
    r = __builtin_fma(whole, -1.90821492927058770002e-10, r);
    n = x != x ? 0 : n;
    return scaled_d(exp_series(r) + 1.0, n);
}

INLINE double log_f64(double x) {
    int tiny = x < 2.2250738585072014e-308;
    double y = tiny ? x * 18014398509481984.0 : x;
    uint64_t u = bits_of_d(y);
    int64_t e = (int64_t)(u >> 52) - 1022 - (tiny ? 54 : 0);
    double m = double_of((u & 0x000fffffffffffffull) | 0x3fe0000000000000ull);
    int low = m < 0.70710678118654752440;
    e -= low;
    m = low ? m + m : m;
    double f = m - 1.0, s = f / (m + 1.0), z = s * s, p = 2.0 / 25.0;
    p = __builtin_fma(p, z, 2.0 / 23.0);
    p = __builtin_fma(p, z, 2.0 / 21.0);
    p = __builtin_fma(p, z, 2.0 / 19.0);
    p = __builtin_fma(p, z, 2.0 / 17.0);
    p = __builtin_fma(p, z, 2.0 / 15.0);
    p = __builtin_fma(p, z, 2.0 / 13.0);
    p = __builtin_fma(p, z, 2.0 / 11.0);
    p = __builtin_fma(p, z, 2.0 / 9.0);
    p = __builtin_fma(p, z, 2.0 / 7.0);
    p = __builtin_fma(p, z, 2.0 / 5.0);
    p = __builtin_fma(p, z, 2.0 / 3.0);
    /* log(1 + f) = f - s (f - z p) with z p the series beyond 2 s */
    double fe = (double)e;
    double r = __builtin_fma(-s, f - z * p, f);
    r = __builtin_fma(fe, 1.90821492927058770002e-10, r);
    r = __builtin_fma(fe, 6.93147180369123816490e-01, r);
    r = x == __builtin_inf() ? x : r;
    r = x == 0.0 ? -__builtin_inf() : r;
    return x < 0.0 || x != x ? __builtin_nan("") : r;
}

INLINE double tanh_f64(double x) {
    double a = __builtin_fabs(x);
    double e = exp_series(a + a > 0.34 ? 0.34 : a + a); /* e^2a - 1, where a is small */
    double near = e / (e + 2.0);
    double far = 1.0 - 2.0 / (exp_f64(a + a) + 1.0);
    double v = a < 0.17 ? near : far;
    return __builtin_copysign(x != x ? x : v, x);
}

INLINE double logistic_f64(double x) {
    double e = exp_f64(-__builtin_fabs(x));
    return (x < 0.0 ? e : 1.0) / (1.0 + e);
}

/* 2^n s + (2^n - 1), for e^x = 2^n (1 + s); twice the half of it, whose 2^(n - 1) does not overflow. */
INLINE double expm1_f64(double x) {
    double y = x > 710.0 ? 710.0 : x;
    y = y < -80.0 ? -80.0 : y;
    double shifted = __builtin_fma(y, 1.4426950408889634074, 6755399441055744.0);
    int64_t n = (int64_t)(int32_t)bits_of_d(shifted);
    n = x != x ? 0 : n;
    double whole = shifted - 6755399441055744.0;
    double r = __builtin_fma(whole, -6.93147180369123816490e-01, y);
    r = __builtin_fma(whole, -1.90821492927058770002e-10, r);
    double s = exp_series(r), half = double_of((uint64_t)(n + 1022) << 52);
    double v = 2.0 * __builtin_fma(half, s, half - 0.5);
    v = n == 0 ? s : v;
    return x == 0.0 ? x : v;
}

/* After Kahan: the error of u = 1 + x cancels in log(u) / (u - 1). */
INLINE double log1p_f64(double x) {
    double u = 1.0 + x;
    double v = log_f64(u) * (x / (u - 1.0));
    v = u == 1.0 ? x : v;
    return x == __builtin_inf() ? x : v;
}

INLINE float expm1_f32(float x) { return (float)expm1_f64((double)x); }
INLINE float log1p_f32(float x) { return (float)log1p_f64((double)x); }

/* IEEE 754-2019 maximum and minimum: NaN if either is, -0 below +0. Equal numbers differ in nothing but a zero's sign. */
INLINE float maximum_f32(float a, float b) {
    float r = a > b ? a : b;
    r = a == b ? float_of(bits_of(a) & bits_of(b)) : r;
    return a != a ? a : r;
}
INLINE float minimum_f32(float a, float b) {
    float r = a < b ? a : b;
    r = a == b ? float_of(bits_of(a) | bits_of(b)) : r;
    return a != a ? a : r;
}
INLINE double maximum_f64(double a, double b) {
    double r = a > b ? a : b;
    r = a == b ? double_of(bits_of_d(a) & bits_of_d(b)) : r;
    return a != a ? a : r;
}
INLINE double minimum_f64(double a, double b) {
    double r = a < b ? a : b;
    r = a == b ? double_of(bits_of_d(a) | bits_of_d(b)) : r;
    return a != a ? a : r;
}

INLINE float sign_f32(float x) { return x > 0.0f ? 1.0f : x < 0.0f ? -1.0f : x; }
INLINE double sign_f64(double x) { return x > 0.0 ? 1.0 : x < 0.0 ? -1.0 : x; }

/* Towards zero, saturating, NaN to 0. */
INLINE int32_t i32_of(double x) {
    double y = x != x ? 0.0 : x < -2147483648.0 ? -2147483648.0 : x > 2147483647.0 ? 2147483647.0 : x;
    return (int32_t)y;
}
INLINE uint32_t u32_of(double x) {
    double y = x != x || x < 0.0 ? 0.0 : x > 4294967295.0 ? 4294967295.0 : x;
    return (uint32_t)(int64_t)y;
}
INLINE uint8_t u8_of(double x) {
    double y = x != x || x < 0.0 ? 0.0 : x > 255.0 ? 255.0 : x;
    return (uint8_t)(int32_t)y;
}

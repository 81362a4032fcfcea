/* Reductions in the frozen order: sixteen lanes take every sixteenth element each, in order; then a tree of halves. */
#include "paths.h"
#pragma STDC FP_CONTRACT OFF

#include <string.h>

#define COMBINE(T, lane, x, combine) \
    { \
        T a = lane, b = x; \
        lane = (T)(combine); \
    }
#define REDUCE(T, start, combine) \
    { \
        const T *in = s; \
        T *out = d; \
        for (size_t o = 0; o < outer; o++, in += reduced * inner) \
            for (size_t j = 0; j < inner; j++) { \
                T lanes[16]; \
                for (int l = 0; l < 16; l++) lanes[l] = (T)(start); \
                size_t r = 0; \
                if (inner == 1) /* in whole rows of lanes, which compilers make vectors of */ \
                    for (; r + 16 <= reduced; r += 16) \
                        for (int l = 0; l < 16; l++) COMBINE(T, lanes[l], in[r + (size_t)l], combine) \
                for (; r < reduced; r++) COMBINE(T, lanes[r & 15], in[r * inner + j], combine) \
                for (int half = 8; half; half /= 2) \
                    for (int l = 0; l < half; l++) COMBINE(T, lanes[l], lanes[l + half], combine) \
                *out++ = lanes[0]; \
            } \
        return 0; \
    }

#define FLOAT_MAXIMUM (a != a ? a : b != b ? b : a > b ? a : b > a ? b : __builtin_signbit(a) ? b : a)
#define FLOAT_MINIMUM (a != a ? a : b != b ? b : a < b ? a : b < a ? b : __builtin_signbit(a) ? a : b)
#define FLOAT_CASES(T, infinity) \
    switch (reduction) { \
    case TROUPE_REDUCE_SUM: REDUCE(T, 0, a + b) \
    case TROUPE_REDUCE_PRODUCT: REDUCE(T, 1, a *b) \
    case TROUPE_REDUCE_MAXIMUM: REDUCE(T, -infinity, FLOAT_MAXIMUM) \
    default: REDUCE(T, infinity, FLOAT_MINIMUM) \
    }
#define INTEGER_CASES(T, least, most) \
    switch (reduction) { \
    case TROUPE_REDUCE_SUM: REDUCE(T, 0, (uint32_t)a + (uint32_t)b) \
    case TROUPE_REDUCE_PRODUCT: REDUCE(T, 1, (uint32_t)a *(uint32_t)b) \
    case TROUPE_REDUCE_MAXIMUM: REDUCE(T, least, a > b ? a : b) \
    default: REDUCE(T, most, a < b ? a : b) \
    }

int troupe_reduce(int reduction, int type, void *d, const void *s, size_t outer, size_t reduced, size_t inner) {
    switch (type) {
    case TROUPE_F32:
        if (reduction == TROUPE_REDUCE_SUM) {
            if (inner == 1) troupe_kernels_in_use()->sum_rows(d, s, outer, reduced);
            else troupe_kernels_in_use()->sum_columns(d, s, outer, reduced, inner);
            return 0;
        }
        if (reduction == TROUPE_REDUCE_MAXIMUM && inner == 1) {
            troupe_kernels_in_use()->maximum_rows(d, s, outer, reduced);
            return 0;
        }
        FLOAT_CASES(float, __builtin_inff())
    case TROUPE_F64: FLOAT_CASES(double, __builtin_inf())
    case TROUPE_I32: INTEGER_CASES(int32_t, INT32_MIN, INT32_MAX)
    case TROUPE_U32: INTEGER_CASES(uint32_t, 0, UINT32_MAX)
    case TROUPE_U8: INTEGER_CASES(uint8_t, 0, UINT8_MAX)
    default: return -1;
    }
}

#define ARGMAX(T) \
    { \
        const T *in = s; \
        for (size_t o = 0; o < outer; o++, in += reduced * inner) \
            for (size_t j = 0; j < inner; j++) { \
                size_t best = 0; \
                T top = in[j]; \
                for (size_t r = 1; r < reduced && top == top; r++) { \
                    T x = in[r * inner + j]; \
                    if (x > top || x != x) top = x, best = r; \
                } \
                *d++ = (int32_t)best; \
            } \
    }

void troupe_argmax(int type, int32_t *d, const void *s, size_t outer, size_t reduced, size_t inner) {
    switch (type) {
    case TROUPE_F32: ARGMAX(float) break;
    case TROUPE_F64: ARGMAX(double) break;
    case TROUPE_I32: ARGMAX(int32_t) break;
    case TROUPE_U32: ARGMAX(uint32_t) break;
    default: ARGMAX(uint8_t) break;
    }
}

#define CUMULATE(T) \
    { \
        const T *in = s; \
        T *out = d; \
        for (size_t o = 0; o < outer; o++, in += length * inner, out += length * inner) { \
            if (length) memcpy(out, in, inner * sizeof(T)); \
            for (size_t i = inner; i < length * inner; i++) out[i] = (T)(out[i - inner] + in[i]); \
        } \
    }

void troupe_cumulative_sum(int type, void *d, const void *s, size_t outer, size_t length, size_t inner) {
    switch (type) {
    case TROUPE_F32: CUMULATE(float) break;
    case TROUPE_F64: CUMULATE(double) break;
    case TROUPE_I32:
    case TROUPE_U32: CUMULATE(uint32_t) break;
    default: CUMULATE(uint8_t) break;
    }
}

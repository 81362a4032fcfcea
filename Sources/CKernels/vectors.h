/* Vectors of WIDTH floats, whole or in part. Included once for each path. */

typedef float NAME(vector) __attribute__((vector_size(4 * WIDTH), aligned(4)));
#define VECTOR NAME(vector)

INLINE VECTOR NAME(spread)(float x) {
    VECTOR v;
    for (int i = 0; i < WIDTH; i++) v[i] = x;
    return v;
}

INLINE VECTOR NAME(load)(const float *s) { return *(const VECTOR *)s; }
INLINE void NAME(store)(float *d, VECTOR v) { *(VECTOR *)d = v; }

/* The first lanes of a vector: reads and writes nothing beyond them. The others are zero. */
#if WIDTH == 16
typedef __mmask16 NAME(lanes);
INLINE NAME(lanes) NAME(first)(size_t count) { return (__mmask16)((1u << count) - 1); }
INLINE VECTOR NAME(load_part)(const float *s, NAME(lanes) part) { return (VECTOR)_mm512_maskz_loadu_ps(part, s); }
INLINE void NAME(store_part)(float *d, NAME(lanes) part, VECTOR v) { _mm512_mask_storeu_ps(d, part, (__m512)v); }
#elif WIDTH == 8
typedef __m256i NAME(lanes);
INLINE NAME(lanes) NAME(first)(size_t count) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)count), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
INLINE VECTOR NAME(load_part)(const float *s, NAME(lanes) part) { return (VECTOR)_mm256_maskload_ps(s, part); }
INLINE void NAME(store_part)(float *d, NAME(lanes) part, VECTOR v) { _mm256_maskstore_ps(d, part, (__m256)v); }
#else
typedef size_t NAME(lanes);
INLINE NAME(lanes) NAME(first)(size_t count) { return count; }
INLINE VECTOR NAME(load_part)(const float *s, NAME(lanes) part) {
    if (part == WIDTH) return NAME(load)(s);
    VECTOR v = {0};
    for (size_t i = 0; i < part; i++) v[i] = s[i];
    return v;
}
INLINE void NAME(store_part)(float *d, NAME(lanes) part, VECTOR v) {
    if (part == WIDTH) NAME(store)(d, v);
    else for (size_t i = 0; i < part; i++) d[i] = v[i];
}
#endif

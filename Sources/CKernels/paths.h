/* What each path provides. */
#ifndef TROUPE_PATHS_H
#define TROUPE_PATHS_H

#include "CKernels.h"

/* How the factors of a product lie: b and c have contiguous columns, and where each tap begins in a, and in rows of b; and
   how far the next product of a batch is. */
typedef struct {
    ptrdiff_t a_row, a_column, b_row, c_row;
    size_t taps;
    const ptrdiff_t *a_taps, *b_taps;
    ptrdiff_t a_batch, b_batch, c_batch;
} troupe_factors;

typedef struct {
    const troupe_elementwise (*elementwise)[TROUPE_OPERATION_COUNT];
    /* Elements of memory that repeats: where they lie, or where they were written, in the room. */
    void *(*repeat)(const troupe_slot *slot, uint8_t *base, void *room, size_t start, size_t count);
    /* c[batch, m, n] = the products of a and b, k for each tap, summed in order by fused multiply-add: from zero, or from
       what c holds if it goes on. */
    void (*product)(const troupe_factors *f, size_t batch, size_t m, size_t n, size_t k, const float *a, const float *b,
                    float *c, int goes_on);
    /* d[j d_row + i] = s[i s_row + j] */
    void (*transpose)(float *d, ptrdiff_t d_row, const float *s, ptrdiff_t s_row, size_t rows, size_t columns);
    void (*sum_rows)(float *d, const float *s, size_t outer, size_t reduced);
    void (*sum_columns)(float *d, const float *s, size_t outer, size_t reduced, size_t inner);
    void (*maximum_rows)(float *d, const float *s, size_t outer, size_t reduced);
} troupe_kernels;

extern const troupe_kernels troupe_kernels_portable, troupe_kernels_avx2, troupe_kernels_avx512;

/* The kernels in use. */
const troupe_kernels *troupe_kernels_in_use(void);

#endif

/* What each path provides. */
#ifndef TROUPE_PATHS_H
#define TROUPE_PATHS_H

#include "CKernels.h"

typedef struct {
    const troupe_elementwise (*elementwise)[TROUPE_OPERATION_COUNT];
    void (*product)(size_t m, size_t n, size_t k, const float *a, ptrdiff_t a_row, ptrdiff_t a_column, const float *b,
                    ptrdiff_t b_row, float *c, ptrdiff_t c_row);
    void (*window_product)(size_t m, size_t n, size_t taps, const ptrdiff_t *a_taps, const ptrdiff_t *b_taps, size_t k,
                           const float *a, ptrdiff_t a_row, const float *b, ptrdiff_t b_row, float *c, ptrdiff_t c_row);
    void (*sum_rows)(float *d, const float *s, size_t outer, size_t reduced);
    void (*sum_columns)(float *d, const float *s, size_t outer, size_t reduced, size_t inner);
} troupe_kernels;

extern const troupe_kernels troupe_kernels_portable, troupe_kernels_avx2, troupe_kernels_avx512;

/* The kernels in use. */
const troupe_kernels *troupe_kernels_in_use(void);

#endif

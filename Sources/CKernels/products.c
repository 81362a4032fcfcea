/* Matrix products: packing, then the path's tiles. */
#include "paths.h"
#pragma STDC FP_CONTRACT OFF

#include <string.h>

enum { WIDEST = 32 }; /* the columns of the widest tile */

static size_t padded(size_t n) { return (n + WIDEST - 1) / WIDEST * WIDEST; }

size_t troupe_product_scratch(size_t n, size_t k) { return padded(n) * k; }

void troupe_product_f32(size_t m, size_t n, size_t k, const float *a, ptrdiff_t a_row, ptrdiff_t a_column, const float *b,
                        ptrdiff_t b_row, ptrdiff_t b_column, float *c, ptrdiff_t c_row, float *scratch) {
    if (b_column != 1 || n % WIDEST != 0) {
        ptrdiff_t row = (ptrdiff_t)padded(n);
        if (b_column == 1) {
            for (size_t p = 0; p < k; p++) {
                memcpy(scratch + (ptrdiff_t)p * row, b + (ptrdiff_t)p * b_row, 4 * n);
                memset(scratch + (ptrdiff_t)p * row + n, 0, 4 * ((size_t)row - n));
            }
        } else {
            for (size_t p = 0; p < k; p++) memset(scratch + (ptrdiff_t)p * row + n, 0, 4 * ((size_t)row - n));
            for (size_t j0 = 0; j0 < n; j0 += 16)
                for (size_t p0 = 0; p0 < k; p0 += 16)
                    for (size_t j = j0; j < j0 + 16 && j < n; j++)
                        for (size_t p = p0; p < p0 + 16 && p < k; p++)
                            scratch[(ptrdiff_t)p * row + (ptrdiff_t)j] = b[(ptrdiff_t)p * b_row + (ptrdiff_t)j * b_column];
        }
        b = scratch;
        b_row = row;
    }
    troupe_kernels_in_use()->product(m, n, k, a, a_row, a_column, b, b_row, c, c_row);
}

void troupe_product_f64(size_t m, size_t n, size_t k, const double *a, ptrdiff_t a_row, ptrdiff_t a_column,
                        const double *b, ptrdiff_t b_row, ptrdiff_t b_column, double *c, ptrdiff_t c_row) {
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++) {
            double sum = 0;
            for (size_t p = 0; p < k; p++)
                sum = __builtin_fma(a[(ptrdiff_t)i * a_row + (ptrdiff_t)p * a_column],
                                    b[(ptrdiff_t)p * b_row + (ptrdiff_t)j * b_column], sum);
            c[(ptrdiff_t)i * c_row + (ptrdiff_t)j] = sum;
        }
}

/* Matrix products: what lies badly is laid out anew, a panel at a time, then the path's tiles. */
#include "paths.h"
#pragma STDC FP_CONTRACT OFF

#include <string.h>

/* The rows and columns of a panel, so that it stays in the second-level cache while all rows of a pass over it. */
enum { DEPTH = 384, BREADTH = 48 };

static const ptrdiff_t one_tap[1] = {0};

/* Whether walking down the rows of b meets the same few sets of the cache again and again, often enough to copy them. */
static int is_far(size_t m, size_t k, ptrdiff_t b_row) { return m >= 24 && k >= 32 && b_row >= 192; }

size_t troupe_product_scratch(size_t k) { return BREADTH * (k < DEPTH ? k : DEPTH); }

/* d[depth, width] = b, the rows of d some pitch apart. */
static void lay_out(float *d, size_t pitch, size_t width, size_t depth, const float *b, ptrdiff_t b_row, ptrdiff_t b_column) {
    if (b_column == 1) {
        for (size_t p = 0; p < depth; p++) memcpy(d + p * pitch, b + (ptrdiff_t)p * b_row, 4 * width);
    } else if (b_row == 1) {
        troupe_kernels_in_use()->transpose(d, (ptrdiff_t)pitch, b, b_column, width, depth);
    } else {
        for (size_t p = 0; p < depth; p++)
            for (size_t j = 0; j < width; j++) d[p * pitch + j] = b[(ptrdiff_t)p * b_row + (ptrdiff_t)j * b_column];
    }
}

/* Whether the tiles can read b where it lies. */
static int lies_well(size_t m, size_t k, ptrdiff_t b_row, ptrdiff_t b_column) {
    return k == 0 || (b_column == 1 && !is_far(m, k, b_row));
}

/* c = a b, where b is laid out anew. */
static void product(size_t m, size_t n, size_t k, const float *a, ptrdiff_t a_row, ptrdiff_t a_column, const float *b,
                    ptrdiff_t b_row, ptrdiff_t b_column, float *c, float *scratch) {
    const troupe_kernels *kernels = troupe_kernels_in_use();
    troupe_factors f = {a_row, a_column, 0, (ptrdiff_t)n, 1, one_tap, one_tap, 0, 0, 0};
    for (size_t p = 0; p < k; p += DEPTH) {
        size_t depth = k - p < DEPTH ? k - p : DEPTH, width;
        for (size_t j = 0; j < n; j += width) {
            /* three vectors of the widest path where their number is odd, two otherwise */
            width = (n - j + 15) / 16 % 2 ? 48 : 32;
            if (width > n - j) width = n - j;
            /* Rows begin where vectors do: what was stored as one and is loaded as another waits for memory. */
            size_t pitch = (width + 15) / 16 * 16;
            lay_out(scratch, pitch, width, depth, b + (ptrdiff_t)p * b_row + (ptrdiff_t)j * b_column, b_row, b_column);
            f.b_row = (ptrdiff_t)pitch;
            kernels->product(&f, 1, m, width, depth, a + (ptrdiff_t)p * a_column, scratch, c + j, p > 0);
        }
    }
}

void troupe_product_f32(size_t batch, size_t m, size_t n, size_t k, troupe_matrices a, troupe_matrices b, float *c,
                        float *scratch) {
    if (n == 1) {
        /* The rows of a become columns where there is only one, so that they fill vectors. */
        troupe_matrices row = {b.elements, b.batch, 0, b.row};
        b = (troupe_matrices){a.elements, a.batch, a.column, a.row};
        a = row;
        n = m;
        m = 1;
    }
    const float *left = a.elements, *right = b.elements;
    if (lies_well(m, k, b.row, b.column)) {
        troupe_factors f = {a.row, a.column, b.row, (ptrdiff_t)n, 1, one_tap, one_tap, a.batch, b.batch, (ptrdiff_t)(m * n)};
        troupe_kernels_in_use()->product(&f, batch, m, n, k, left, right, c, 0);
        return;
    }
    for (size_t i = 0; i < batch; i++, left += a.batch, right += b.batch, c += m * n)
        product(m, n, k, left, a.row, a.column, right, b.row, b.column, c, scratch);
}

void troupe_product_f64(size_t batch, size_t m, size_t n, size_t k, troupe_matrices a, troupe_matrices b, double *c) {
    const double *left = a.elements, *right = b.elements;
    for (size_t o = 0; o < batch; o++, left += a.batch, right += b.batch)
        for (size_t i = 0; i < m; i++)
            for (size_t j = 0; j < n; j++) {
                double sum = 0;
                for (size_t p = 0; p < k; p++)
                    sum = __builtin_fma(left[(ptrdiff_t)i * a.row + (ptrdiff_t)p * a.column],
                                        right[(ptrdiff_t)p * b.row + (ptrdiff_t)j * b.column], sum);
                *c++ = sum;
            }
}

/* Products in tiles of some rows by some vectors, the sums in registers. Included once for each path.

   A product under a window is a sum over taps, each of k neighbours in a and of k rows of b that begin at the tap's places;
   a matrix product has one tap. */

#define TILE(rows, columns) \
    static void NAME(tile_##rows##_##columns)(const troupe_factors *f, size_t k, const float *a, const float *b, float *c, \
                                              size_t width, int goes_on) { \
        const NAME(lanes) part = NAME(first)(width - (columns - 1) * WIDTH); \
        const ptrdiff_t a_row = f->a_row, a_column = f->a_column, b_row = f->b_row, c_row = f->c_row; \
        VECTOR sum[rows][columns]; \
        _Pragma("clang loop unroll(full)") for (int i = 0; i < rows; i++) { \
            _Pragma("clang loop unroll(full)") for (int j = 0; j < columns; j++) sum[i][j] = NAME(spread)(0.0f); \
            if (!goes_on) continue; \
            _Pragma("clang loop unroll(full)") for (int j = 0; j < columns - 1; j++) \
                sum[i][j] = NAME(load)(c + i * c_row + j * WIDTH); \
            sum[i][columns - 1] = NAME(load_part)(c + i * c_row + (columns - 1) * WIDTH, part); \
        } \
        for (size_t t = 0; t < f->taps; t++) { \
            const float *right = b + f->b_taps[t] * b_row, *left[(rows + 2) / 3]; \
            _Pragma("clang loop unroll(full)") for (int i = 0; i < rows; i += 3) \
                left[i / 3] = a + f->a_taps[t] + i * a_row; \
            for (size_t p = 0; p < k; p++) { \
                VECTOR from[columns]; \
                _Pragma("clang loop unroll(full)") for (int j = 0; j < columns - 1; j++) \
                    from[j] = NAME(load)(right + j * WIDTH); \
                from[columns - 1] = NAME(load_part)(right + (columns - 1) * WIDTH, part); \
                _Pragma("clang loop unroll(full)") for (int i = 0; i < rows; i++) { \
                    VECTOR factor = NAME(spread)(left[i / 3][i % 3 * a_row]); \
                    _Pragma("clang loop unroll(full)") for (int j = 0; j < columns; j++) \
                        sum[i][j] = __builtin_elementwise_fma(factor, from[j], sum[i][j]); \
                } \
                right += b_row; \
                _Pragma("clang loop unroll(full)") for (int i = 0; i < rows; i += 3) left[i / 3] += a_column; \
            } \
        } \
        _Pragma("clang loop unroll(full)") for (int i = 0; i < rows; i++) { \
            _Pragma("clang loop unroll(full)") for (int j = 0; j < columns - 1; j++) \
                NAME(store)(c + i * c_row + j * WIDTH, sum[i][j]); \
            NAME(store_part)(c + i * c_row + (columns - 1) * WIDTH, part, sum[i][columns - 1]); \
        } \
    }

#if WIDTH == 16
TILE(1, 1) TILE(2, 1) TILE(3, 1) TILE(4, 1) TILE(5, 1) TILE(6, 1) TILE(7, 1) TILE(8, 1) TILE(9, 1) TILE(10, 1) TILE(11, 1)
TILE(12, 1)
TILE(1, 2) TILE(2, 2) TILE(3, 2) TILE(4, 2) TILE(5, 2) TILE(6, 2) TILE(7, 2) TILE(8, 2) TILE(9, 2) TILE(10, 2) TILE(11, 2)
TILE(12, 2)
TILE(1, 3) TILE(2, 3) TILE(3, 3) TILE(4, 3) TILE(5, 3) TILE(6, 3) TILE(7, 3) TILE(8, 3)
enum { NAME(most_columns) = 3 };
static const int NAME(most_rows)[4] = {0, 12, 12, 8};
#define T(rows, columns) NAME(tile_##rows##_##columns)
static void (*const NAME(tile)[4][13])(const troupe_factors *, size_t, const float *, const float *, float *, size_t, int) = {
    {0},
    {0, T(1, 1), T(2, 1), T(3, 1), T(4, 1), T(5, 1), T(6, 1), T(7, 1), T(8, 1), T(9, 1), T(10, 1), T(11, 1), T(12, 1)},
    {0, T(1, 2), T(2, 2), T(3, 2), T(4, 2), T(5, 2), T(6, 2), T(7, 2), T(8, 2), T(9, 2), T(10, 2), T(11, 2), T(12, 2)},
    {0, T(1, 3), T(2, 3), T(3, 3), T(4, 3), T(5, 3), T(6, 3), T(7, 3), T(8, 3)},
};
#else
TILE(1, 1) TILE(2, 1) TILE(3, 1) TILE(4, 1) TILE(5, 1) TILE(6, 1) TILE(7, 1) TILE(8, 1)
TILE(1, 2) TILE(2, 2) TILE(3, 2) TILE(4, 2) TILE(5, 2) TILE(6, 2)
enum { NAME(most_columns) = 2 };
static const int NAME(most_rows)[3] = {0, 8, 6};
#define T(rows, columns) NAME(tile_##rows##_##columns)
static void (*const NAME(tile)[3][9])(const troupe_factors *, size_t, const float *, const float *, float *, size_t, int) = {
    {0},
    {0, T(1, 1), T(2, 1), T(3, 1), T(4, 1), T(5, 1), T(6, 1), T(7, 1), T(8, 1)},
    {0, T(1, 2), T(2, 2), T(3, 2), T(4, 2), T(5, 2), T(6, 2)},
};
#endif
#undef T

/* A panel of columns for all rows of each of a batch, in tiles as even as can be. */
static void NAME(panel)(const troupe_factors *f, size_t batch, size_t m, size_t k, const float *a, const float *b, float *c,
                        size_t width, int goes_on) {
    size_t columns = (width + WIDTH - 1) / WIDTH, most = (size_t)NAME(most_rows)[columns];
    size_t tiles = (m + most - 1) / most, rows = tiles ? m / tiles : 0, larger = m - rows * tiles;
    for (size_t i = 0; i < batch; i++) {
        const float *left = a + (ptrdiff_t)i * f->a_batch, *right = b + (ptrdiff_t)i * f->b_batch;
        float *sums = c + (ptrdiff_t)i * f->c_batch;
        for (size_t t = 0; t < tiles; t++) {
            size_t height = rows + (t < larger);
            NAME(tile)[columns][height](f, k, left, right, sums, width, goes_on);
            left += (ptrdiff_t)height * f->a_row;
            sums += (ptrdiff_t)height * f->c_row;
        }
    }
}

/* The columns of the next panel: three vectors where an odd number of them is left, two otherwise. */
INLINE size_t NAME(panel_width)(size_t n) {
    size_t vectors = (n + WIDTH - 1) / WIDTH;
    size_t columns = NAME(most_columns) == 3 && vectors % 2 ? 3 : 2;
    return n < columns * WIDTH ? n : columns * WIDTH;
}

static void NAME(product)(const troupe_factors *f, size_t batch, size_t m, size_t n, size_t k, const float *a, const float *b,
                          float *c, int goes_on) {
    while (n) {
        size_t width = NAME(panel_width)(n);
        NAME(panel)(f, batch, m, k, a, b, c, width, goes_on);
        b += width;
        c += width;
        n -= width;
    }
}

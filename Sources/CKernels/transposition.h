/* Transposition of matrices of four-byte elements in registers. Included once for each path. */

#if WIDTH == 16
#define LOWER 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define UPPER 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#elif WIDTH == 8
#define LOWER 0, 8, 1, 9, 2, 10, 3, 11
#define UPPER 4, 12, 5, 13, 6, 14, 7, 15
#else
#define LOWER 0, 4, 1, 5
#define UPPER 2, 6, 3, 7
#endif

/* d[j d_row + i] = s[i s_row + j] for i < rows, j < columns, both at most WIDTH: WIDTH shuffled halves, as often as a
   vector can be halved. */
INLINE void NAME(transpose_block)(float *d, ptrdiff_t d_row, const float *s, ptrdiff_t s_row, size_t rows, size_t columns) {
    VECTOR one[WIDTH], two[WIDTH];
    NAME(lanes) part = NAME(first)(columns);
    /* The last row stands for those that are not there, and is not stored for them. */
    _Pragma("clang loop unroll(full)") for (int i = 0; i < WIDTH; i++)
        one[i] = NAME(load_part)(s + ((size_t)i < rows ? i : (ptrdiff_t)rows - 1) * s_row, part);
    _Pragma("clang loop unroll(full)") for (int round = 1; round < WIDTH; round *= 4) {
        _Pragma("clang loop unroll(full)") for (int i = 0; i < WIDTH / 2; i++) {
            two[2 * i] = __builtin_shufflevector(one[i], one[i + WIDTH / 2], LOWER);
            two[2 * i + 1] = __builtin_shufflevector(one[i], one[i + WIDTH / 2], UPPER);
        }
        if (2 * round >= WIDTH) {
            _Pragma("clang loop unroll(full)") for (int i = 0; i < WIDTH; i++) one[i] = two[i];
            break;
        }
        _Pragma("clang loop unroll(full)") for (int i = 0; i < WIDTH / 2; i++) {
            one[2 * i] = __builtin_shufflevector(two[i], two[i + WIDTH / 2], LOWER);
            one[2 * i + 1] = __builtin_shufflevector(two[i], two[i + WIDTH / 2], UPPER);
        }
    }
    part = NAME(first)(rows);
    if (columns == WIDTH) {
        _Pragma("clang loop unroll(full)") for (int j = 0; j < WIDTH; j++) NAME(store_part)(d + j * d_row, part, one[j]);
    } else {
        _Pragma("clang loop unroll(full)") for (int j = 0; j < WIDTH; j++)
            if ((size_t)j < columns) NAME(store_part)(d + j * d_row, part, one[j]);
    }
}

static void NAME(transpose)(float *d, ptrdiff_t d_row, const float *s, ptrdiff_t s_row, size_t rows, size_t columns) {
    for (size_t i = 0; i < rows; i += WIDTH)
        for (size_t j = 0; j < columns; j += WIDTH)
            NAME(transpose_block)(d + (ptrdiff_t)j * d_row + (ptrdiff_t)i, d_row, s + (ptrdiff_t)i * s_row + (ptrdiff_t)j,
                                  s_row, rows - i < WIDTH ? rows - i : WIDTH, columns - j < WIDTH ? columns - j : WIDTH);
}

#undef LOWER
#undef UPPER

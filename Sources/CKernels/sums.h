/* Reductions of f32 in the frozen order: sixteen lanes take every sixteenth element each, in order; then a tree of halves.
   Included once for each path.

   A lane starts from zero, so no lane is ever -0, and adding a lane that nothing has come to changes nothing: only lanes
   that hold something are added. */

enum { NAME(sixteen) = 16 / WIDTH }; /* vectors of sixteen lanes */

static void NAME(sum_rows)(float *d, const float *s, size_t outer, size_t reduced) {
    for (size_t o = 0; o < outer; o++, s += reduced) {
        VECTOR lanes[NAME(sixteen)];
        for (int v = 0; v < NAME(sixteen); v++) lanes[v] = NAME(spread)(0.0f);
        size_t r = 0;
        for (; r + 16 <= reduced; r += 16)
            for (int v = 0; v < NAME(sixteen); v++) lanes[v] += NAME(load)(s + r + v * WIDTH);
        for (int v = 0; v < NAME(sixteen) && r + (size_t)(v * WIDTH) < reduced; v++) {
            size_t rest = reduced - r - (size_t)(v * WIDTH);
            lanes[v] += NAME(load_part)(s + r + v * WIDTH, NAME(first)(rest < WIDTH ? rest : WIDTH));
        }
        float sums[16];
        memcpy(sums, lanes, sizeof sums);
        for (int half = 8; half; half /= 2)
            for (int l = 0; l < half; l++) sums[l] += sums[l + half];
        d[o] = sums[0];
    }
}

/* Columns of the room for lanes, and how many of them are summed at a time. */
enum { NAME(stripe) = 256 };

/* d[width] = sums over the rows, the lanes in room. */
INLINE void NAME(sum_stripe)(float *d, const float *s, ptrdiff_t s_row, size_t reduced, size_t width, float *room) {
    size_t lanes = reduced < 16 ? reduced : 16, vectors = (width + WIDTH - 1) / WIDTH;
    NAME(lanes) part = NAME(first)(width - (vectors - 1) * WIDTH);
    for (size_t r = 0; r < reduced; r++, s += s_row) {
        float *lane = room + (r & 15) * NAME(stripe);
        for (size_t v = 0; v < vectors; v++) {
            VECTOR x = v + 1 < vectors ? NAME(load)(s + v * WIDTH) : NAME(load_part)(s + v * WIDTH, part);
            VECTOR sum = r < 16 ? NAME(spread)(0.0f) : NAME(load)(lane + v * WIDTH);
            NAME(store)(lane + v * WIDTH, sum + x);
        }
    }
    for (size_t half = 8; half; half /= 2) {
        for (size_t l = 0; l + half < lanes && l < half; l++)
            for (size_t v = 0; v < vectors; v++) {
                float *lane = room + l * NAME(stripe) + v * WIDTH;
                NAME(store)(lane, NAME(load)(lane) + NAME(load)(lane + half * NAME(stripe)));
            }
        if (lanes > half) lanes = half;
    }
    for (size_t v = 0; v + 1 < vectors; v++) NAME(store)(d + v * WIDTH, NAME(load)(room + v * WIDTH));
    NAME(store_part)(d + (vectors - 1) * WIDTH, part, NAME(load)(room + (vectors - 1) * WIDTH));
}

/* The same of so few rows that each is a lane of its own, which stays in a register. */
INLINE void NAME(sum_lanes)(float *d, const float *s, size_t outer, const int reduced, size_t inner) {
    NAME(lanes) whole = NAME(first)(WIDTH), rest = NAME(first)((inner - 1) % WIDTH + 1);
    for (size_t o = 0; o < outer; o++, s += (size_t)reduced * inner, d += inner)
        for (size_t j = 0; j < inner; j += WIDTH) {
            NAME(lanes) part = j + WIDTH < inner ? whole : rest;
            VECTOR lane[16];
            _Pragma("clang loop unroll(full)") for (int r = 0; r < 16; r++)
                if (r < reduced) lane[r] = NAME(spread)(0.0f) + NAME(load_part)(s + (size_t)r * inner + j, part);
            _Pragma("clang loop unroll(full)") for (int level = 3; level >= 0; level--)
                _Pragma("clang loop unroll(full)") for (int l = 0; l < 1 << level; l++)
                    if (l + (1 << level) < reduced) lane[l] += lane[l + (1 << level)];
            NAME(store_part)(d + j, part, lane[0]);
        }
}

static void NAME(sum_columns)(float *d, const float *s, size_t outer, size_t reduced, size_t inner) {
    float room[16 * NAME(stripe)] __attribute__((aligned(64)));
    switch (reduced) {
    case 0: memset(d, 0, outer * inner * sizeof *d); return;
#define LANES(rows) \
    case rows: NAME(sum_lanes)(d, s, outer, rows, inner); return;
        LANES(1) LANES(2) LANES(3) LANES(4) LANES(5) LANES(6) LANES(7) LANES(8)
        LANES(9) LANES(10) LANES(11) LANES(12) LANES(13) LANES(14) LANES(15) LANES(16)
#undef LANES
    }
    for (size_t o = 0; o < outer; o++, s += reduced * inner, d += inner)
        for (size_t j = 0; j < inner; j += NAME(stripe))
            NAME(sum_stripe)(d + j, s + j, (ptrdiff_t)inner, reduced, inner - j < NAME(stripe) ? inner - j : NAME(stripe), room);
}

typedef int32_t NAME(words) __attribute__((vector_size(4 * WIDTH), aligned(4)));

/* maximum_f32, in every lane. */
INLINE VECTOR NAME(maximum)(VECTOR a, VECTOR b) {
    NAME(words) x = (NAME(words))a, y = (NAME(words))b, more = a > b, less = a < b, none = (a != a) | (b != b);
    NAME(words) most = (more & x) | (less & y) | (~more & ~less & x & y);
    return (VECTOR)((~none & most) | (none & 0x7fc00000));
}

/* The largest of each row; which of equal numbers, and in which order, makes no difference to IEEE 754-2019 maximum. */
static void NAME(maximum_rows)(float *d, const float *s, size_t outer, size_t reduced) {
    const VECTOR least = NAME(spread)(-__builtin_inff());
    for (size_t o = 0; o < outer; o++, s += reduced) {
        VECTOR most = least;
        size_t r = 0;
        for (; r + WIDTH <= reduced; r += WIDTH) most = NAME(maximum)(most, NAME(load)(s + r));
        if (r < reduced) most = NAME(maximum)(most, NAME(load_over)(least, s + r, NAME(first)(reduced - r)));
#if WIDTH == 16
        most = NAME(maximum)(most, ROTATED(most, 8));
#endif
#if WIDTH >= 8
        most = NAME(maximum)(most, ROTATED(most, 4));
#endif
        most = NAME(maximum)(most, ROTATED(most, 2));
        most = NAME(maximum)(most, ROTATED(most, 1));
        d[o] = most[0];
    }
}

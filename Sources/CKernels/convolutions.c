/* Convolutions and windowed positions. */
#include "paths.h"
#pragma STDC FP_CONTRACT OFF

#include <string.h>

static int64_t product(const int64_t *sizes, int count) {
    int64_t result = 1;
    for (int i = 0; i < count; i++) result *= sizes[i];
    return result;
}

static int64_t divisor(int64_t a, int64_t b) {
    while (b) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* The places of a kernel that meet x: how far into x, and how far into the kernel. */
typedef struct {
    ptrdiff_t *x, *kernel;
    size_t count;
} taps;

/* A place of the kernel along the last axis: what lies under it at the first place of a line, be it outside of x, and the
   places of the line where it meets x. */
typedef struct {
    int64_t position, tap, first, end;
} reach;

size_t troupe_convolution_scratch(const troupe_convolution *c) {
    size_t places = c->channels ? (size_t)product(c->slide.window, c->slide.rank) : 0;
    size_t line = c->channels ? (size_t)c->slide.window[c->slide.rank - 1] : 0;
    return (4 * places) * sizeof(ptrdiff_t) + line * sizeof(reach) + 64;
}

/* Which places of the kernel's outer axes meet x at a place of the result's outer axes. */
static void outer_taps(const troupe_convolution *c, int64_t place, taps *found) {
    int outer = c->slide.rank - 1;
    int64_t index[TROUPE_RANK_LIMIT], at[TROUPE_RANK_LIMIT];
    for (int axis = outer - 1; axis >= 0; axis--) {
        index[axis] = place % c->slide.places[axis];
        place /= c->slide.places[axis];
    }
    found->count = 0;
    if (c->channels == 0) return;
    int64_t total = product(c->slide.window, outer);
    int64_t line = c->slide.window[outer];
    for (int64_t tap = 0; tap < total; tap++) {
        int64_t rest = tap;
        for (int axis = outer - 1; axis >= 0; axis--) {
            at[axis] = rest % c->slide.window[axis];
            rest /= c->slide.window[axis];
        }
        int64_t x = 0;
        int meets = 1;
        for (int axis = 0; axis < outer && meets; axis++) {
            int64_t position = index[axis] * c->slide.stride[axis] - c->slide.low[axis] + at[axis] * c->slide.window_dilation[axis];
            meets = position >= 0 && position % c->slide.dilation[axis] == 0 && position / c->slide.dilation[axis] < c->slide.size[axis];
            x = x * c->slide.size[axis] + position / c->slide.dilation[axis];
        }
        if (!meets) continue;
        found->x[found->count] = (ptrdiff_t)(x * c->slide.size[outer] * c->pixel);
        found->kernel[found->count++] = (ptrdiff_t)(tap * line);
    }
}

/* c = the sums for m places that all have the same taps, a_row and c_row apart. */
typedef void (*sums)(const troupe_convolution *c, size_t m, const taps *all, const void *x, ptrdiff_t a_row,
                     const void *kernel, void *d, ptrdiff_t c_row);

static void sums_f32(const troupe_convolution *c, size_t m, const taps *all, const void *x, ptrdiff_t a_row,
                     const void *kernel, void *d, ptrdiff_t c_row) {
    size_t n = (size_t)(c->features / c->groups);
    troupe_factors f = {a_row, 1, c->features, c_row, all->count, all->x, all->kernel};
    troupe_kernels_in_use()->product(&f, 1, m, n, (size_t)c->channels, x, kernel, d, 0);
}

static void sums_f64(const troupe_convolution *c, size_t m, const taps *all, const void *x, ptrdiff_t a_row,
                     const void *kernel, void *d, ptrdiff_t c_row) {
    int64_t n = c->features / c->groups;
    for (size_t i = 0; i < m; i++)
        for (int64_t j = 0; j < n; j++) {
            double sum = 0;
            for (size_t t = 0; t < all->count; t++)
                for (int64_t p = 0; p < c->channels; p++)
                    sum = __builtin_fma(((const double *)x)[(ptrdiff_t)i * a_row + all->x[t] + p],
                                        ((const double *)kernel)[(all->kernel[t] + p) * c->features + j], sum);
            ((double *)d)[(ptrdiff_t)i * c_row + j] = sum;
        }
}

/* One group: x and d begin at its first image, channel and feature. kernel rows are addressed by tap times channels. */
static void group_sums(const troupe_convolution *c, const char *x, const char *kernel, char *d, size_t bytes, sums sum,
                       taps outer, taps all, reach *line) {
    int last = c->slide.rank - 1;
    int64_t width = c->slide.places[last], outer_places = product(c->slide.places, last);
    int64_t common = divisor(c->slide.stride[last], c->slide.dilation[last]);
    int64_t phases = c->slide.dilation[last] / common, step = c->slide.stride[last] / common;
    int64_t x_image = product(c->slide.size, c->slide.rank) * c->pixel, d_image = outer_places * width * c->features;
    for (int64_t place = 0; place < outer_places; place++) {
        outer_taps(c, place, &outer);
        /* Places along a line whose distance is a multiple of phases meet x's elements, not its holes, at the same taps. */
        for (int64_t phase = 0; phase < phases && phase < width; phase++) {
            int64_t count = (width - phase - 1) / phases + 1;
            size_t reaching = 0;
            for (int64_t tap = 0; c->channels && tap < c->slide.window[last]; tap++) {
                int64_t position = phase * c->slide.stride[last] - c->slide.low[last] + tap * c->slide.window_dilation[last];
                if (position % c->slide.dilation[last]) continue;
                position /= c->slide.dilation[last];
                int64_t first = position >= 0 ? 0 : (-position + step - 1) / step;
                int64_t end = position >= c->slide.size[last] ? 0 : (c->slide.size[last] - 1 - position) / step + 1;
                if (end > count) end = count;
                if (first < end) line[reaching++] = (reach){position, tap, first, end};
            }
            for (int64_t t = 0, next; t < count; t = next) {
                next = count;
                for (size_t r = 0; r < reaching; r++) {
                    if (line[r].first > t && line[r].first < next) next = line[r].first;
                    if (line[r].end > t && line[r].end < next) next = line[r].end;
                }
                all.count = 0;
                for (size_t o = 0; o < outer.count; o++)
                    for (size_t r = 0; r < reaching; r++) {
                        if (line[r].first > t || line[r].end <= t) continue;
                        all.x[all.count] = outer.x[o] + (ptrdiff_t)((line[r].position + t * step) * c->pixel);
                        all.kernel[all.count++] = (outer.kernel[o] + (ptrdiff_t)line[r].tap) * (ptrdiff_t)c->channels;
                    }
                int64_t m = next - t;
                /* One place, or places that nothing meets, have no next one: its distance may be beyond any number. */
                ptrdiff_t a_row = m > 1 && all.count ? (ptrdiff_t)(step * c->pixel) : 0;
                ptrdiff_t c_row = m > 1 ? (ptrdiff_t)(phases * c->features) : 0;
                const char *from = x;
                char *to = d + (ptrdiff_t)bytes * ((place * width + phase + t * phases) * c->features);
                if (m < 8 && c->images > m) {
                    for (int64_t i = 0; i < m; i++)
                        sum(c, (size_t)c->images, &all, from + (ptrdiff_t)bytes * i * a_row, (ptrdiff_t)x_image, kernel,
                            to + (ptrdiff_t)bytes * i * c_row, (ptrdiff_t)d_image);
                } else {
                    for (int64_t image = 0; image < c->images; image++)
                        sum(c, (size_t)m, &all, from + (ptrdiff_t)bytes * image * x_image, a_row, kernel,
                            to + (ptrdiff_t)bytes * image * d_image, c_row);
                }
            }
        }
    }
}

void troupe_convolve(int type, const troupe_convolution *c, const void *x, const void *kernel, void *d, void *scratch) {
    size_t bytes = type == TROUPE_F64 ? 8 : 4;
    size_t places = c->channels ? (size_t)product(c->slide.window, c->slide.rank) : 0;
    size_t n = (size_t)(c->features / c->groups);
    ptrdiff_t *room = scratch;
    taps outer = {room, room + places, 0}, all = {room + 2 * places, room + 3 * places, 0};
    reach *line = (reach *)(room + 4 * places);
    int64_t image = product(c->slide.size, c->slide.rank) * c->pixel;
    for (int64_t group = 0; group < c->groups; group++) {
        const char *from = (const char *)x + (ptrdiff_t)bytes * group * (c->groups_of_batch ? c->images * image : c->channels);
        const char *weights = (const char *)kernel + bytes * (size_t)group * n;
        char *to = (char *)d + bytes * (size_t)group * n;
        group_sums(c, from, weights, to, bytes, type == TROUPE_F32 ? sums_f32 : sums_f64, outer, all, line);
    }
}

#define WINDOW_ARGMAX(T) \
    { \
        const T *in = s; \
        for (int64_t image = 0; image < c->images; image++, in += example) \
            for (int64_t place = 0; place < places; place++, d += c->pixel) { \
                int64_t index[TROUPE_RANK_LIMIT], low[TROUPE_RANK_LIMIT], count[TROUPE_RANK_LIMIT], total = 1; \
                int64_t rest = place; \
                for (int axis = c->slide.rank - 1; axis >= 0; axis--) { \
                    int64_t start = rest % c->slide.places[axis] * c->slide.stride[axis] - c->slide.low[axis]; \
                    int64_t end = start + c->slide.window[axis] < c->slide.size[axis] ? start + c->slide.window[axis] : c->slide.size[axis]; \
                    rest /= c->slide.places[axis]; \
                    low[axis] = start < 0 ? 0 : start; \
                    count[axis] = end - low[axis]; \
                    index[axis] = 0; \
                    total *= count[axis]; \
                } \
                for (int64_t tap = 0; tap < total; tap++) { \
                    int64_t at = 0; \
                    for (int axis = 0; axis < c->slide.rank; axis++) at = at * c->slide.size[axis] + low[axis] + index[axis]; \
                    at *= c->pixel; \
                    for (int64_t j = 0; j < c->pixel; j++) { \
                        if (tap == 0) { \
                            d[j] = (int32_t)(at + j); \
                            continue; \
                        } \
                        T best = in[d[j]], other = in[at + j]; \
                        d[j] = other > best || (other != other && best == best) ? (int32_t)(at + j) : d[j]; \
                    } \
                    for (int axis = c->slide.rank - 1; axis >= 0 && ++index[axis] == count[axis]; axis--) index[axis] = 0; \
                } \
            } \
    }

void troupe_window_argmax(int type, const troupe_convolution *c, const void *s, int32_t *d) {
    int64_t places = product(c->slide.places, c->slide.rank), example = product(c->slide.size, c->slide.rank) * c->pixel;
    switch (type) {
    case TROUPE_F32: WINDOW_ARGMAX(float) break;
    case TROUPE_F64: WINDOW_ARGMAX(double) break;
    case TROUPE_I32: WINDOW_ARGMAX(int32_t) break;
    case TROUPE_U32: WINDOW_ARGMAX(uint32_t) break;
    default: WINDOW_ARGMAX(uint8_t) break;
    }
}

/* Sums of what lies under a sliding window. */
#include "CKernels.h"
#pragma STDC FP_CONTRACT OFF

#include <string.h>

/* The elements of one axis that lie under the window at one place: count of them, from first, step apart. */
typedef struct {
    int64_t first, step, count;
} row;

static int64_t divisor(int64_t a, int64_t b) {
    while (b) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static int64_t quotient_up(int64_t a, int64_t b) { return a <= 0 ? 0 : (a - 1) / b + 1; }

/* Element i lies under the window where i dilation = start + tap window_dilation, for a tap below window. */
static row meeting(const troupe_window *w, int axis, int64_t place) {
    int64_t dilation = w->dilation[axis], apart = w->window_dilation[axis];
    int64_t start = place * w->stride[axis] - w->low[axis];
    int64_t end = start + (w->window[axis] - 1) * apart;
    row found = {quotient_up(start, dilation), apart / divisor(dilation, apart), 0};
    if (end < 0) return found;
    int64_t last = end / dilation < w->size[axis] ? end / dilation : w->size[axis] - 1;
    while (found.first <= last && (found.first * dilation - start) % apart) found.first++;
    if (found.first <= last) found.count = (last - found.first) / found.step + 1;
    return found;
}

/* Axes that are only walked along, from the last: elements that are added as one. */
static int walked(const troupe_window *w, int axis) {
    return w->window[axis] == 1 && w->stride[axis] == 1 && w->low[axis] == 0 && w->dilation[axis] == 1 &&
           w->places[axis] == w->size[axis];
}

#define WINDOW_SUM(T, U) \
    { \
        const T *in = s; \
        T *out = d; \
        for (int64_t place = 0; place < places; place++, out += inner) { \
            for (int axis = rank - 1, moved = 1; axis >= 0 && (moved || place == 0); axis--) { \
                if (place) moved = ++at[axis] == w->places[axis]; \
                if (place && moved) at[axis] = 0; \
                rows[axis] = meeting(w, axis, at[axis]); \
            } \
            int64_t total = 1; \
            for (int axis = 0; axis < rank; axis++) index[axis] = 0, total *= rows[axis].count; \
            memset(out, 0, (size_t)inner * sizeof(T)); \
            for (int64_t tap = 0; tap < total; tap++) { \
                int64_t element = 0; \
                for (int axis = 0; axis < rank; axis++) \
                    element = element * w->size[axis] + rows[axis].first + index[axis] * rows[axis].step; \
                const T *from = in + element * inner; \
                for (int64_t j = 0; j < inner; j++) out[j] = (T)((U)out[j] + (U)from[j]); \
                for (int axis = rank - 1; axis >= 0 && ++index[axis] == rows[axis].count; axis--) index[axis] = 0; \
            } \
        } \
    }

void troupe_window_sum(int type, const troupe_window *w, const void *s, void *d) {
    int rank = w->rank;
    int64_t inner = 1, places = 1, at[TROUPE_RANK_LIMIT] = {0}, index[TROUPE_RANK_LIMIT] = {0};
    row rows[TROUPE_RANK_LIMIT];
    while (rank > 0 && walked(w, rank - 1)) inner *= w->size[--rank];
    for (int axis = 0; axis < rank; axis++) places *= w->places[axis];
    if (inner == 0) return;
    switch (type) {
    case TROUPE_F32: WINDOW_SUM(float, float) break;
    case TROUPE_F64: WINDOW_SUM(double, double) break;
    case TROUPE_I32:
    case TROUPE_U32: WINDOW_SUM(uint32_t, uint32_t) break;
    default: WINDOW_SUM(uint8_t, uint32_t) break;
    }
}

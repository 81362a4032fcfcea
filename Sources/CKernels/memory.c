/* Moving elements without changing them. */
#include "paths.h"

#include <string.h>

static void copy_axis(uint8_t *d, const int64_t *ds, const uint8_t *s, const int64_t *ss, const int64_t *sizes, int rank,
                      int bytes) {
    if (rank == 0) {
        memcpy(d, s, (size_t)bytes);
        return;
    }
    if (rank == 1) {
        int64_t n = sizes[0];
        if (ds[0] == 1 && ss[0] == 1) {
            memcpy(d, s, (size_t)n * (size_t)bytes);
        } else if (bytes == 4) {
            for (int64_t i = 0; i < n; i++) memcpy(d + 4 * i * ds[0], s + 4 * i * ss[0], 4);
        } else {
            for (int64_t i = 0; i < n; i++) memcpy(d + bytes * i * ds[0], s + bytes * i * ss[0], (size_t)bytes);
        }
        return;
    }
    if (rank == 2 && bytes == 4 && ss[0] == 1 && ds[1] == 1 && ss[1] > 0 && ds[0] > 0) {
        troupe_kernels_in_use()->transpose((float *)d, ds[0], (const float *)s, ss[1], (size_t)sizes[1], (size_t)sizes[0]);
        return;
    }
    for (int64_t i = 0; i < sizes[0]; i++)
        copy_axis(d + bytes * i * ds[0], ds + 1, s + bytes * i * ss[0], ss + 1, sizes + 1, rank - 1, bytes);
}

void troupe_copy(void *d, const int64_t *d_strides, const void *s, const int64_t *s_strides, const int64_t *sizes, int rank,
                 int element_bytes) {
    for (int axis = 0; axis < rank; axis++)
        if (sizes[axis] == 0) return;
    copy_axis(d, d_strides, s, s_strides, sizes, rank, element_bytes);
}

void troupe_gather(void *d, const void *s, const int32_t *indices, size_t batch, size_t n, size_t index,
                   size_t slice_bytes) {
    uint8_t *out = d;
    const uint8_t *in = s;
    for (size_t b = 0; b < batch; b++, in += n * slice_bytes)
        for (size_t i = 0; i < index; i++, out += slice_bytes) {
            int64_t at = *indices++;
            if (at >= (int64_t)n) at = (int64_t)n - 1;
            if (at < 0) at = 0;
            if (slice_bytes == 4) memcpy(out, in + 4 * at, 4);
            else memcpy(out, in + (size_t)at * slice_bytes, slice_bytes);
        }
}

#define SCATTER(T) \
    { \
        T *out = d; \
        const T *in = u; \
        for (size_t b = 0; b < batch; b++, out += n * slice) \
            for (size_t i = 0; i < index; i++, in += slice) { \
                int64_t at = *indices++; \
                if (at < 0 || at >= (int64_t)n) continue; \
                T *row = out + (size_t)at * slice; \
                for (size_t j = 0; j < slice; j++) row[j] = (T)(row[j] + in[j]); \
            } \
    }

void troupe_scatter_add(int type, void *d, const int32_t *indices, const void *u, size_t batch, size_t n, size_t index,
                        size_t slice) {
    switch (type) {
    case TROUPE_F32: SCATTER(float) break;
    case TROUPE_F64: SCATTER(double) break;
    case TROUPE_I32:
    case TROUPE_U32: SCATTER(uint32_t) break;
    default: SCATTER(uint8_t) break;
    }
}

void troupe_canonicalise_f32(float *d, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (d[i] != d[i]) memcpy(&d[i], &(uint32_t){0x7fc00000u}, 4);
}

void troupe_canonicalise_f64(double *d, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (d[i] != d[i]) memcpy(&d[i], &(uint64_t){0x7ff8000000000000ull}, 8);
}

/* Sorting and random words. */
#include "CKernels.h"

#include <string.h>

/* A key whose unsigned order is the wanted one: NaN last, -0 equal to +0. */
static uint64_t sortable(int type, const void *keys, size_t i) {
    switch (type) {
    case TROUPE_F32: {
        float x = ((const float *)keys)[i];
        if (x != x) return 0xffffffffu;
        if (x == 0) x = 0;
        uint32_t u;
        memcpy(&u, &x, 4);
        return u >> 31 ? ~u : u | 0x80000000u;
    }
    case TROUPE_F64: {
        double x = ((const double *)keys)[i];
        if (x != x) return UINT64_MAX;
        if (x == 0) x = 0;
        uint64_t u;
        memcpy(&u, &x, 8);
        return u >> 63 ? ~u : u | 0x8000000000000000ull;
    }
    case TROUPE_I32: return (uint32_t)((const int32_t *)keys)[i] ^ 0x80000000u;
    case TROUPE_U32: return ((const uint32_t *)keys)[i];
    default: return ((const uint8_t *)keys)[i];
    }
}

/* Least significant digit first, which keeps the order of equal keys. */
void troupe_sort_order(int type, uint32_t *order, const void *keys, size_t n, uint64_t *scratch) {
    uint64_t *key = scratch, *other = scratch + n;
    uint32_t *moved = (uint32_t *)(scratch + 2 * n);
    int bytes = type == TROUPE_F64 ? 8 : type == TROUPE_U8 || type == TROUPE_BOOL ? 1 : 4;
    for (size_t i = 0; i < n; i++) {
        key[i] = sortable(type, keys, i);
        order[i] = (uint32_t)i;
    }
    uint32_t *from = order, *to = moved;
    for (int digit = 0; digit < bytes; digit++) {
        size_t starts[257] = {0};
        for (size_t i = 0; i < n; i++) starts[(key[i] >> (8 * digit) & 255) + 1]++;
        int single = 0;
        for (int v = 1; v <= 256; v++) single |= starts[v] == n;
        if (single) continue;
        for (int v = 0; v < 256; v++) starts[v + 1] += starts[v];
        for (size_t i = 0; i < n; i++) {
            size_t at = starts[key[i] >> (8 * digit) & 255]++;
            other[at] = key[i];
            to[at] = from[i];
        }
        uint64_t *k = key;
        key = other, other = k;
        uint32_t *o = from;
        from = to, to = o;
    }
    if (from != order) memcpy(order, from, 4 * n);
}

void troupe_random_bits(uint32_t *d, const uint32_t key[2], const uint32_t counter[4], size_t count) {
    uint64_t low = (uint64_t)counter[1] << 32 | counter[0];
    for (size_t i = 0; i < count; i += 4, low++) {
        uint32_t c0 = (uint32_t)low, c1 = (uint32_t)(low >> 32), c2 = counter[2], c3 = counter[3], k0 = key[0], k1 = key[1];
        for (int round = 0; round < 10; round++) {
            uint64_t p0 = (uint64_t)c0 * 0xd2511f53u, p1 = (uint64_t)c2 * 0xcd9e8d57u;
            c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
            c1 = (uint32_t)p1;
            c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
            c3 = (uint32_t)p0;
            k0 += 0x9e3779b9u;
            k1 += 0xbb67ae85u;
        }
        uint32_t block[4] = {c0, c1, c2, c3};
        memcpy(d + i, block, 4 * (count - i < 4 ? count - i : 4));
    }
}

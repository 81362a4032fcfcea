/* Which kernels run: the best that the processor has, unless a test asks for others. */
#include "paths.h"

#include <stdatomic.h>

static _Atomic int forced = -1;

int troupe_best_path(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("fma"))
        return TROUPE_AVX512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return TROUPE_AVX2;
#endif
    return TROUPE_PORTABLE;
}

int troupe_path(void) {
    int path = atomic_load_explicit(&forced, memory_order_relaxed);
    if (path >= 0) return path;
    path = troupe_best_path();
    atomic_store_explicit(&forced, path, memory_order_relaxed);
    return path;
}

int troupe_force_path(int path) {
    if (path < TROUPE_PORTABLE || path > troupe_best_path()) return -1;
    atomic_store_explicit(&forced, path, memory_order_relaxed);
    return 0;
}

const troupe_kernels *troupe_kernels_in_use(void) {
    switch (troupe_path()) {
#if defined(__x86_64__)
    case TROUPE_AVX512: return &troupe_kernels_avx512;
    case TROUPE_AVX2: return &troupe_kernels_avx2;
#endif
    default: return &troupe_kernels_portable;
    }
}

troupe_elementwise troupe_elementwise_kernel(int operation, int type) {
    if (operation < 0 || operation >= TROUPE_OPERATION_COUNT || type < 1 || type > 6) return NULL;
    return troupe_kernels_in_use()->elementwise[type][operation];
}

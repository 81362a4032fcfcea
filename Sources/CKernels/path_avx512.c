/* The kernels for one instruction set. */
#include "paths.h"
#pragma STDC FP_CONTRACT OFF

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,bmi,bmi2,lzcnt"))), apply_to = function)

#define NAME(x) avx512_##x
#define WIDTH 16
#include "path.h"

const troupe_kernels troupe_kernels_avx512 = {
    .elementwise = NAME(elementwise),
    .repeat = NAME(repeat),
    .product = NAME(product),
    .transpose = NAME(transpose),
    .sum_rows = NAME(sum_rows),
    .sum_columns = NAME(sum_columns),
    .maximum_rows = NAME(maximum_rows),
};

#pragma clang attribute pop
#endif

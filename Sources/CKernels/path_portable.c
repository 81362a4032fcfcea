/* The kernels for one instruction set. */
#include "paths.h"
#pragma STDC FP_CONTRACT OFF

#include <string.h>

#define NAME(x) portable_##x
#define WIDTH 4
#include "path.h"

const troupe_kernels troupe_kernels_portable = {
    .elementwise = NAME(elementwise),
    .repeat = NAME(repeat),
    .product = NAME(product),
    .transpose = NAME(transpose),
    .sum_rows = NAME(sum_rows),
    .sum_columns = NAME(sum_columns),
    .maximum_rows = NAME(maximum_rows),
};

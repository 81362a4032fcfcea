/* The native kernels. Every function gives the same bits on every path. */
#ifndef TROUPE_KERNELS_H
#define TROUPE_KERNELS_H

#include <stddef.h>
#include <stdint.h>

/* Element types, by the numbers that programs use. */
enum troupe_type {
    TROUPE_F32 = 1,
    TROUPE_F64 = 2,
    TROUPE_I32 = 3,
    TROUPE_U32 = 4,
    TROUPE_U8 = 5,
    TROUPE_BOOL = 6,
};

/* The instruction sets that kernels are compiled for, worst first. */
enum troupe_path {
    TROUPE_PORTABLE = 0,
    TROUPE_AVX2 = 1,
    TROUPE_AVX512 = 2,
};

/* The best path of this processor, and the one in use. */
int troupe_best_path(void);
int troupe_path(void);
/* Uses a path from now on, for tests. Returns 0, or -1 when the processor lacks it. */
int troupe_force_path(int path);

/* Element-wise operations. */
enum troupe_operation {
    TROUPE_ADD, TROUPE_SUBTRACT, TROUPE_MULTIPLY, TROUPE_DIVIDE, TROUPE_REMAINDER, TROUPE_MAXIMUM, TROUPE_MINIMUM,
    TROUPE_AND, TROUPE_OR, TROUPE_XOR, TROUPE_SHIFT_LEFT, TROUPE_SHIFT_RIGHT,
    TROUPE_EQUAL, TROUPE_NOT_EQUAL, TROUPE_LESS, TROUPE_LESS_OR_EQUAL, TROUPE_GREATER, TROUPE_GREATER_OR_EQUAL,
    TROUPE_NEGATE, TROUPE_ABS, TROUPE_SIGN, TROUPE_FLOOR, TROUPE_EXP, TROUPE_LOG, TROUPE_TANH, TROUPE_LOGISTIC,
    TROUPE_SQRT, TROUPE_RSQRT, TROUPE_SIN, TROUPE_COS, TROUPE_EXPM1, TROUPE_LOG1P, TROUPE_NOT, TROUPE_COPY,
    TROUPE_FMA, TROUPE_SELECT,
    TROUPE_TO_F32, TROUPE_TO_F64, TROUPE_TO_I32, TROUPE_TO_U32, TROUPE_TO_U8, TROUPE_TO_BOOL,
    /* Two operations at a time, each rounded on its own: ab + c, ab - c, c - ab, (ab)c, (a + b)c, (a - b)c, (-a)b,
       a / (b + c), sqrt(ab), and b where a <= b, a elsewhere. */
    TROUPE_MULTIPLY_ADD, TROUPE_MULTIPLY_SUBTRACT, TROUPE_SUBTRACT_PRODUCT, TROUPE_MULTIPLY_MULTIPLY,
    TROUPE_ADD_MULTIPLY, TROUPE_SUBTRACT_MULTIPLY, TROUPE_NEGATE_MULTIPLY, TROUPE_DIVIDE_BY_SUM,
    TROUPE_ROOT_OF_PRODUCT, TROUPE_RAISE,
    TROUPE_OPERATION_COUNT,
};

/* d[i] = operation(a[i], b[i], c[i]) for i < n. Operands and result do not overlap, or are the same. SELECT has its
   condition (one byte each) in a, and comparisons and conversions name the type of their operands. */
typedef void (*troupe_elementwise)(void *d, const void *a, const void *b, const void *c, size_t n);
/* NULL when the operation is not defined for the type. */
troupe_elementwise troupe_elementwise_kernel(int operation, int type);

/* One operation of a block program; operands are slots. */
typedef struct {
    troupe_elementwise kernel;
    int32_t result, a, b, c;
} troupe_instruction;

/* Reductions of s[outer, reduced, inner] to d[outer, inner] in the frozen order: 16 lanes, then a tree. */
enum troupe_reduction { TROUPE_REDUCE_SUM, TROUPE_REDUCE_PRODUCT, TROUPE_REDUCE_MAXIMUM, TROUPE_REDUCE_MINIMUM };
/* Returns -1 when the type is not defined. */
int troupe_reduce(int reduction, int type, void *d, const void *s, size_t outer, size_t reduced, size_t inner);

/* Where a slot's elements lie. */
enum troupe_slot_kind {
    TROUPE_MEMORY,        /* contiguous, at offset bytes from a base */
    TROUPE_REGISTER,      /* at place bytes in the registers, 64-byte aligned */
    TROUPE_REPEATED,      /* memory that repeats, written into a register of its own for each block */
    TROUPE_SAME_REPEATED, /* the same, where every block gets the same */
};

/* What a slot of a block program stands for. */
typedef struct {
    int32_t kind, element_bytes, base, rank;
    int64_t offset, place;
    const int64_t *sizes;    /* of the whole index space, outermost first */
    const int64_t *strides;  /* in elements, 0 along repeated axes */
} troupe_slot;

enum { TROUPE_BLOCK = 512 }; /* the most elements of a block */

/* A reduction of what is in a slot, [.., reduced, inner], to memory at offset bytes from a base. */
typedef struct {
    int32_t reduction, type, slot, base;
    int64_t offset;
    size_t reduced, inner;
} troupe_block_reduction;

typedef struct {
    const troupe_instruction *instructions;
    const troupe_block_reduction *reductions; /* done in each block, after the instructions */
    const troupe_slot *slots;
    const int32_t *repeated, *memory; /* the slots of these kinds */
    size_t instruction_count, reduction_count, slot_count, repeated_count, memory_count;
    size_t count, block; /* the elements of all blocks, and of each but the last: whole groups of every reduction */
} troupe_block_program;

/* Runs the instructions over all elements, a block at a time. room: as many pointers as there are slots. */
void troupe_run_block_program(const troupe_block_program *p, void *const *bases, void *registers, void **room);

/* Copies elements: d[Σ i d_strides] = s[Σ i s_strides] over all indices below sizes. Strides in elements. */
void troupe_copy(void *d, const int64_t *d_strides, const void *s, const int64_t *s_strides, const int64_t *sizes,
                 int rank, int element_bytes);

/* Matrices one after another; strides in elements. */
typedef struct {
    const void *elements;
    ptrdiff_t batch, row, column;
} troupe_matrices;

/* c[batch, m, n] = a[batch, m, k] b[batch, k, n], each sum in the order of k by fused multiply-add from zero. scratch:
   troupe_product_scratch floats. */
size_t troupe_product_scratch(size_t k);
void troupe_product_f32(size_t batch, size_t m, size_t n, size_t k, troupe_matrices a, troupe_matrices b, float *c,
                        float *scratch);
void troupe_product_f64(size_t batch, size_t m, size_t n, size_t k, troupe_matrices a, troupe_matrices b, double *c);

void troupe_argmax(int type, int32_t *d, const void *s, size_t outer, size_t reduced, size_t inner);
void troupe_cumulative_sum(int type, void *d, const void *s, size_t outer, size_t length, size_t inner);

/* d[batch, index, slice] = s[batch, clamp(indices[batch, index], n), slice] */
void troupe_gather(void *d, const void *s, const int32_t *indices, size_t batch, size_t n, size_t index,
                   size_t slice_bytes);
/* d[batch, indices[batch, index], slice] += u[batch, index, slice] in order; indices outside 0..<n are left out. */
void troupe_scatter_add(int type, void *d, const int32_t *indices, const void *u, size_t batch, size_t n, size_t index,
                        size_t slice);

/* A window that slides over some axes of size elements each, at places[axis] of each. */
enum { TROUPE_RANK_LIMIT = 16 };
typedef struct {
    int rank;
    int64_t size[TROUPE_RANK_LIMIT], window[TROUPE_RANK_LIMIT], places[TROUPE_RANK_LIMIT];
    int64_t stride[TROUPE_RANK_LIMIT], low[TROUPE_RANK_LIMIT];
    int64_t dilation[TROUPE_RANK_LIMIT], window_dilation[TROUPE_RANK_LIMIT];
} troupe_window;

/* A window that slides over the spatial axes of x[images, size…, pixel]. */
typedef struct {
    troupe_window slide; /* over at least one axis */
    int64_t images;          /* of one group */
    int64_t pixel;           /* the elements of x at one place, all groups together */
    int64_t channels;        /* of the kernel: those of one group */
    int64_t features;        /* of all groups */
    int64_t groups;          /* of features, each made of other channels, or if so of other images */
    int64_t groups_of_batch; /* 0 or 1 */
} troupe_convolution;

/* d[images, places…, features] = x under kernel[window…, channels, features]; each sum over the window's places in
   row-major order, then over channels, by fused multiply-add from zero, without what lies on padding or in a hole. f32 and
   f64. scratch: troupe_convolution_scratch bytes, aligned to 64. */
size_t troupe_convolution_scratch(const troupe_convolution *c);
void troupe_convolve(int type, const troupe_convolution *c, const void *x, const void *kernel, void *d, void *scratch);
/* d[images, places…, pixel] = the position in s[image, size…, pixel] of the first of the largest, NaN the largest. Each
   window holds an element; there are no dilations. */
void troupe_window_argmax(int type, const troupe_convolution *c, const void *s, int32_t *d);

/* d[places…] = the sum of what lies under a window over all axes of s, from zero, in row-major order of the window, without padding and
   holes. All types but BOOL. */
void troupe_window_sum(int type, const troupe_window *w, const void *s, void *d);

/* The stable ascending order of one row of keys: order[i] is the position of the i-th smallest. scratch: 3 n words of 8
   bytes. */
void troupe_sort_order(int type, uint32_t *order, const void *keys, size_t n, uint64_t *scratch);

/* Philox 4x32-10 words. */
void troupe_random_bits(uint32_t *d, const uint32_t key[2], const uint32_t counter[4], size_t count);

/* Makes every NaN the one NaN. */
void troupe_canonicalise_f32(float *d, size_t n);
void troupe_canonicalise_f64(double *d, size_t n);

#endif

/* Element-wise programs, a block at a time, so that what passes between operations stays in the first-level cache. */
#include "CKernels.h"

#include <string.h>

/* Fills a register with count elements of repeating memory, from element start of the index space on. */
static void fill(const troupe_slot *slot, uint8_t *out, size_t start, size_t count) {
    int rank = slot->rank;
    int64_t index[64]; /* as many axes as a tensor can have */
    size_t rest = start;
    int64_t offset = 0;
    for (int axis = rank - 1; axis >= 0; axis--) {
        index[axis] = (int64_t)(rest % (size_t)slot->sizes[axis]);
        rest /= (size_t)slot->sizes[axis];
        offset += index[axis] * slot->strides[axis];
    }
    int bytes = slot->element_bytes;
    int64_t inner = slot->sizes[rank - 1], step = slot->strides[rank - 1];
    while (count) {
        size_t run = (size_t)(inner - index[rank - 1]);
        if (run > count) run = count;
        const uint8_t *from = slot->base + offset * bytes;
        if (step == 1) {
            memcpy(out, from, run * (size_t)bytes);
        } else if (step == 0 && bytes == 4) {
            uint32_t value, *words = (uint32_t *)out;
            memcpy(&value, from, 4);
            for (size_t i = 0; i < run; i++) words[i] = value;
        } else {
            for (size_t i = 0; i < run; i++) memcpy(out + i * (size_t)bytes, from + (int64_t)i * step * bytes, (size_t)bytes);
        }
        out += run * (size_t)bytes;
        count -= run;
        offset += (int64_t)run * step;
        index[rank - 1] += (int64_t)run;
        for (int axis = rank - 1; axis > 0 && index[axis] == slot->sizes[axis]; axis--) {
            index[axis] = 0;
            offset += slot->strides[axis - 1] - slot->sizes[axis] * slot->strides[axis];
            index[axis - 1]++;
        }
    }
}

static int is_scalar(const troupe_slot *slot) {
    for (int axis = 0; axis < slot->rank; axis++)
        if (slot->strides[axis] != 0) return 0;
    return slot->rank > 0;
}

void troupe_run_block_program(const troupe_instruction *instructions, size_t instruction_count, const troupe_slot *slots,
                              size_t slot_count, size_t count) {
    if (count == 0) return;
    for (size_t s = 0; s < slot_count; s++)
        if (slots[s].base && is_scalar(&slots[s])) fill(&slots[s], slots[s].registers, 0, count < TROUPE_BLOCK ? count : TROUPE_BLOCK);
    for (size_t start = 0; start < count; start += TROUPE_BLOCK) {
        size_t n = count - start < TROUPE_BLOCK ? count - start : TROUPE_BLOCK;
        for (size_t s = 0; s < slot_count; s++)
            if (slots[s].base && slots[s].rank > 0 && !is_scalar(&slots[s])) fill(&slots[s], slots[s].registers, start, n);
#define AT(x) \
    (slots[x].base && slots[x].rank == 0 ? slots[x].base + start * (size_t)slots[x].element_bytes : slots[x].registers)
        for (size_t i = 0; i < instruction_count; i++) {
            const troupe_instruction *p = &instructions[i];
            p->kernel(AT(p->result), AT(p->a), AT(p->b), AT(p->c), n);
        }
#undef AT
    }
}

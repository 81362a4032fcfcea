/* Element-wise programs, a block at a time, so that what passes between operations stays in the first-level cache. */
#include "paths.h"

static void *at(void *base, int64_t offset) { return (uint8_t *)base + offset; }

void troupe_run_block_program(const troupe_block_program *p, void *const *bases, void *registers, void **room) {
    if (p->count == 0) return;
    const troupe_kernels *kernels = troupe_kernels_in_use();
    size_t first = p->count < p->block ? p->count : p->block;
    for (size_t s = 0; s < p->slot_count; s++) {
        const troupe_slot *slot = &p->slots[s];
        room[s] = slot->kind == TROUPE_MEMORY ? at(bases[slot->base], slot->offset) : at(registers, slot->place);
        if (slot->kind == TROUPE_SAME_REPEATED) room[s] = kernels->repeat(slot, at(bases[slot->base], slot->offset), room[s], 0, first);
    }
    for (size_t start = 0; start < p->count; start += p->block) {
        size_t n = p->count - start < p->block ? p->count - start : p->block;
        for (size_t s = 0; s < p->repeated_count; s++) {
            const troupe_slot *slot = &p->slots[p->repeated[s]];
            room[p->repeated[s]] = kernels->repeat(slot, at(bases[slot->base], slot->offset), at(registers, slot->place), start, n);
        }
        for (size_t i = 0; i < p->instruction_count; i++) {
            const troupe_instruction *next = &p->instructions[i];
            next->kernel(room[next->result], room[next->a], room[next->b], room[next->c], n);
        }
        for (size_t r = 0; r < p->reduction_count; r++) {
            const troupe_block_reduction *next = &p->reductions[r];
            size_t group = next->reduced * next->inner;
            int64_t done = (int64_t)(start / group * next->inner) * p->slots[next->slot].element_bytes;
            troupe_reduce(next->reduction, next->type, at(bases[next->base], next->offset + done), room[next->slot], n / group,
                          next->reduced, next->inner);
        }
        for (size_t s = 0; s < p->memory_count; s++) {
            const troupe_slot *slot = &p->slots[p->memory[s]];
            room[p->memory[s]] = at(room[p->memory[s]], (int64_t)n * slot->element_bytes);
        }
    }
}

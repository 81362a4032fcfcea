import CKernels

/// A chain of element-wise operations, run a block at a time.
struct BlockStep: Step {
    struct Slot: Sendable {
        var kind: troupe_slot_kind
        /// Where memory begins; unused for a register.
        var location: Location
        /// Where in the registers the slot has room; unused for contiguous memory.
        var register: Int
        var elementByteCount: Int
        /// The index space, for memory that repeats.
        var layout: Layout
    }

    /// One operation on slots.
    struct Instruction: Sendable {
        var operation: Int32
        var type: Int32
        var result: Int32
        var operands: (Int32, Int32, Int32)
    }

    private let program: BlockProgram

    /// - Parameters:
    ///   - slots: What the instructions work on.
    ///   - instructions: In the order in which they run.
    ///   - count: The number of elements.
    ///   - block: The number of elements of a block.
    init(slots: [Slot], instructions: [Instruction], count: Int, block: Int) {
        program = BlockProgram(slots: slots, instructions: instructions, count: count, block: block)
    }

    func run(_ context: RunContext) {
        troupe_run_block_program(program.address, context.bases, context.registers, context.slots)
    }
}

/// A block program, laid out for C.
///
/// Sendable because nothing is written after `init`.
private final class BlockProgram: @unchecked Sendable {
    let address: UnsafeMutablePointer<troupe_block_program>
    private let slots: UnsafeMutablePointer<troupe_slot>
    private let instructions: UnsafeMutablePointer<troupe_instruction>
    private let axes: UnsafeMutablePointer<Int64>
    private let indices: UnsafeMutablePointer<Int32>

    init(slots described: [BlockStep.Slot], instructions operations: [BlockStep.Instruction], count: Int, block: Int) {
        axes = .allocate(capacity: max(1, 2 * described.map(\.layout.sizes.count).reduce(0, +)))
        slots = .allocate(capacity: max(1, described.count))
        var next = axes
        for (index, slot) in described.enumerated() {
            let rank = slot.layout.sizes.count
            for axis in 0..<rank {
                next[axis] = Int64(slot.layout.sizes[axis])
                next[rank + axis] = Int64(slot.layout.strides[axis])
            }
            slots[index] = troupe_slot(
                kind: Int32(slot.kind.rawValue),
                element_bytes: Int32(slot.elementByteCount),
                base: Int32(slot.location.base),
                rank: Int32(rank),
                offset: Int64(slot.location.offset),
                place: Int64(slot.register),
                sizes: next,
                strides: next + rank
            )
            next += 2 * rank
        }
        instructions = .allocate(capacity: max(1, operations.count))
        for (index, operation) in operations.enumerated() {
            guard let kernel = troupe_elementwise_kernel(operation.operation, operation.type) else {
                preconditionFailure("no kernel \(operation.operation) for type \(operation.type)")
            }
            instructions[index] = troupe_instruction(
                kernel: kernel,
                result: operation.result,
                a: operation.operands.0,
                b: operation.operands.1,
                c: operation.operands.2
            )
        }
        let repeated = described.indices.filter { described[$0].kind == TROUPE_REPEATED }
        let memory = described.indices.filter { described[$0].kind == TROUPE_MEMORY }
        indices = .allocate(capacity: max(1, described.count))
        for (place, index) in (repeated + memory).enumerated() { indices[place] = Int32(index) }
        address = .allocate(capacity: 1)
        address.initialize(
            to: troupe_block_program(
                instructions: instructions,
                slots: slots,
                repeated: indices,
                memory: indices + repeated.count,
                instruction_count: operations.count,
                slot_count: described.count,
                repeated_count: repeated.count,
                memory_count: memory.count,
                count: count,
                block: block
            )
        )
    }

    deinit {
        address.deallocate()
        axes.deallocate()
        slots.deallocate()
        instructions.deallocate()
        indices.deallocate()
    }
}

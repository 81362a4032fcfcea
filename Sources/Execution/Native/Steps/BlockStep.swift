import CKernels
import Tensors

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
        var operation: ElementwiseOperation
        /// One to three slots.
        var operands: [Int]
        var result: Int
    }

    /// A reduction of a slot's elements, [.., reduced, inner], done block by block.
    struct Reduction: Sendable {
        var kernel: troupe_reduction
        var element: ElementType
        var slot: Int
        var target: Location
        var reduced: Int
        var inner: Int

        /// The elements that go together; a block holds whole groups.
        var group: Int { reduced * inner }
    }

    private let program: BlockProgram
    /// How often each block is walked over.
    let instructionCount: Int

    /// - Parameters:
    ///   - slots: What the instructions work on.
    ///   - instructions: In the order in which they run.
    ///   - reductions: What is made of the slots of each block in the end.
    ///   - count: The number of elements.
    ///   - block: The number of elements of a block.
    init(slots: [Slot], instructions: [Instruction], reductions: [Reduction], count: Int, block: Int) {
        instructionCount = instructions.count
        program = BlockProgram(slots, instructions, reductions, count: count, block: block)
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
    private let reductions: UnsafeMutablePointer<troupe_block_reduction>
    private let axes: UnsafeMutablePointer<Int64>
    private let indices: UnsafeMutablePointer<Int32>

    init(
        _ described: [BlockStep.Slot],
        _ operations: [BlockStep.Instruction],
        _ reduced: [BlockStep.Reduction],
        count: Int,
        block: Int
    ) {
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
            let kernel = Int32(operation.operation.kernel.rawValue)
            guard let function = troupe_elementwise_kernel(kernel, operation.operation.type) else {
                preconditionFailure("no kernel \(kernel) for type \(operation.operation.type)")
            }
            // Kernels do not look at operands that they do not have.
            let operands = (0..<3).map { operation.operands[min($0, operation.operands.count - 1)] }.map(Int32.init)
            instructions[index] = troupe_instruction(
                kernel: function,
                result: Int32(operation.result),
                a: operands[0],
                b: operands[1],
                c: operands[2]
            )
        }
        reductions = .allocate(capacity: max(1, reduced.count))
        for (index, reduction) in reduced.enumerated() {
            reductions[index] = troupe_block_reduction(
                reduction: Int32(reduction.kernel.rawValue),
                type: Int32(reduction.element.rawValue),
                slot: Int32(reduction.slot),
                base: Int32(reduction.target.base),
                offset: Int64(reduction.target.offset),
                reduced: reduction.reduced,
                inner: reduction.inner
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
                reductions: reductions,
                slots: slots,
                repeated: indices,
                memory: indices + repeated.count,
                instruction_count: operations.count,
                reduction_count: reduced.count,
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
        reductions.deallocate()
        indices.deallocate()
    }
}

import CKernels

/// A chain of element-wise operations, run a block at a time.
struct BlockStep: Step {
    struct Slot: Sendable {
        /// Memory, or nil for a register of the block.
        var location: Location?
        /// Where in the registers the slot has room; unused for contiguous memory.
        var register: Int
        var elementByteCount: Int
        /// The index space and its strides in elements, for memory that repeats; empty for contiguous memory and registers.
        var sizes: [Int]
        var strides: [Int]
    }

    /// One operation on slots.
    struct Instruction: Sendable {
        var operation: Int32
        var type: Int32
        var result: Int32
        var operands: (Int32, Int32, Int32)
    }

    private let slots: [Slot]
    private let table: SlotTable
    private let instructions: [Instruction]
    private let count: Int

    init(slots: [Slot], instructions: [Instruction], count: Int) {
        self.slots = slots
        self.instructions = instructions
        self.count = count
        table = SlotTable(slots: slots, instructions: instructions)
    }

    func run(_ context: RunContext) {
        for (index, slot) in slots.enumerated() {
            var filled = table.slots[index]
            if let location = slot.location {
                filled.base = context.address(location).assumingMemoryBound(to: UInt8.self)
            }
            filled.registers = (context.registers + slot.register).assumingMemoryBound(to: UInt8.self)
            context.slots[index] = filled
        }
        troupe_run_block_program(table.instructions, instructions.count, context.slots, slots.count, count)
    }
}

/// The parts of a block program that never change, laid out for C.
///
/// Sendable because nothing is written after `init`.
final class SlotTable: @unchecked Sendable {
    let slots: UnsafeMutablePointer<troupe_slot>
    let instructions: UnsafeMutablePointer<troupe_instruction>
    private let numbers: UnsafeMutablePointer<Int64>

    init(slots described: [BlockStep.Slot], instructions operations: [BlockStep.Instruction]) {
        numbers = .allocate(capacity: max(1, 2 * described.map(\.sizes.count).reduce(0, +)))
        slots = .allocate(capacity: max(1, described.count))
        var next = numbers
        for (index, slot) in described.enumerated() {
            let rank = slot.sizes.count
            for axis in 0..<rank {
                next[axis] = Int64(slot.sizes[axis])
                next[rank + axis] = Int64(slot.strides[axis])
            }
            slots[index] = troupe_slot(
                base: nil,
                registers: nil,
                element_bytes: Int32(slot.elementByteCount),
                rank: Int32(rank),
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
    }

    deinit {
        numbers.deallocate()
        slots.deallocate()
        instructions.deallocate()
    }
}

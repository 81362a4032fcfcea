import CKernels
import Tensors

/// Collects the slots and instructions of a block program, and shares registers among values that never meet.
struct BlockBuilder {
    private(set) var slots: [BlockStep.Slot] = []
    private(set) var instructions: [BlockStep.Instruction] = []
    private(set) var registerByteCount = 0
    private var slotOf: [Int: Int] = [:]
    private var freeRegisters: [Int: [Int]] = [:]  // by bytes of an element

    private mutating func newRegister(_ elementByteCount: Int) -> Int {
        freeRegisters[elementByteCount]?.popLast() ?? ownRegister(elementByteCount)
    }

    private mutating func ownRegister(_ elementByteCount: Int) -> Int {
        defer { registerByteCount += Arena.aligned(Int(TROUPE_BLOCK) * elementByteCount) }
        return registerByteCount
    }

    private mutating func slot(_ value: Int, _ make: (inout BlockBuilder) -> BlockStep.Slot) -> Int32 {
        if let known = slotOf[value] { return Int32(known) }
        let slot = make(&self)
        slots.append(slot)
        slotOf[value] = slots.count - 1
        return Int32(slots.count - 1)
    }

    /// A value that lies in memory.
    mutating func memory(_ value: Int, at location: Location, type: TensorType) -> Int32 {
        slot(value) { _ in
            BlockStep.Slot(
                location: location,
                register: 0,
                elementByteCount: type.element.byteCount,
                sizes: [],
                strides: []
            )
        }
    }

    /// A value that only lives in the block.
    mutating func register(_ value: Int, type: TensorType) -> Int32 {
        slot(value) { builder in
            BlockStep.Slot(
                location: nil,
                register: builder.newRegister(type.element.byteCount),
                elementByteCount: type.element.byteCount,
                sizes: [],
                strides: []
            )
        }
    }

    /// A repetition of something in memory, copied into a register of its own: a number that is the same in all blocks is
    /// written there only once.
    mutating func repeated(
        _ value: Int,
        at location: Location,
        type: TensorType,
        layout: Layout
    ) -> Int32 {
        slot(value) { builder in
            let isContiguous = layout.isContiguous
            return BlockStep.Slot(
                location: location,
                register: isContiguous ? 0 : builder.ownRegister(type.element.byteCount),
                elementByteCount: type.element.byteCount,
                sizes: isContiguous ? [] : layout.sizes,
                strides: isContiguous ? [] : layout.strides
            )
        }
    }

    /// Lets another value have a register.
    mutating func release(_ value: Int) {
        guard let index = slotOf[value], slots[index].location == nil else { return }
        freeRegisters[slots[index].elementByteCount, default: []].append(slots[index].register)
    }

    /// Adds an instruction.
    mutating func append(_ operation: ElementwiseOperation, operands: [Int32], result: Int32) {
        let any = operands[0]
        instructions.append(
            BlockStep.Instruction(
                operation: operation.operation,
                type: operation.type,
                result: result,
                operands: (any, operands.count > 1 ? operands[1] : any, operands.count > 2 ? operands[2] : any)
            )
        )
    }
}

import CKernels
import Tensors

/// Collects the slots and instructions of a block program, and shares registers among values that never meet.
struct BlockBuilder {
    private var slots: [BlockStep.Slot] = []
    private var instructions: [BlockStep.Instruction] = []
    private(set) var registerByteCount = 0
    private var slotOf: [Int: Int] = [:]
    private var freeRegisters: [Int: [Int]] = [:]  // by bytes of an element

    var slotCount: Int { slots.count }

    private mutating func newRegister(_ elementByteCount: Int) -> Int {
        freeRegisters[elementByteCount]?.popLast() ?? ownRegister(elementByteCount)
    }

    private mutating func ownRegister(_ elementByteCount: Int) -> Int {
        defer { registerByteCount += Arena.aligned(Int(TROUPE_BLOCK) * elementByteCount) }
        return registerByteCount
    }

    private mutating func slot(
        _ value: Int,
        _ kind: troupe_slot_kind,
        _ type: TensorType,
        at location: Location = Location(base: 0, offset: 0),
        layout: Layout = Layout(sizes: [], strides: []),
        room: (inout BlockBuilder) -> Int = { _ in 0 }
    ) -> Int32 {
        if let known = slotOf[value] { return Int32(known) }
        let slot = BlockStep.Slot(
            kind: kind,
            location: location,
            register: room(&self),
            elementByteCount: type.element.byteCount,
            layout: layout
        )
        slots.append(slot)
        slotOf[value] = slots.count - 1
        return Int32(slots.count - 1)
    }

    /// A value that lies in memory.
    mutating func memory(_ value: Int, at location: Location, type: TensorType) -> Int32 {
        slot(value, TROUPE_MEMORY, type, at: location)
    }

    /// A value that only lives in the block.
    mutating func register(_ value: Int, type: TensorType) -> Int32 {
        slot(value, TROUPE_REGISTER, type) { $0.newRegister(type.element.byteCount) }
    }

    /// A repetition of something in memory, written into a register of its own.
    mutating func repeated(_ value: Int, at location: Location, type: TensorType, layout: Layout) -> Int32 {
        if layout.isContiguous { return memory(value, at: location, type: type) }
        return slot(value, TROUPE_REPEATED, type, at: location, layout: layout) {
            $0.ownRegister(type.element.byteCount)
        }
    }

    /// Lets another value have a register.
    mutating func release(_ value: Int) {
        guard let index = slotOf[value], slots[index].kind == TROUPE_REGISTER else { return }
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

    /// The program over so many elements.
    func step(count: Int) -> BlockStep {
        let block = blockCount
        var placed = slots
        for (index, slot) in slots.enumerated() where slot.kind == TROUPE_REPEATED {
            if let period = slot.layout.period, block % period == 0 { placed[index].kind = TROUPE_SAME_REPEATED }
        }
        return BlockStep(slots: placed, instructions: instructions, count: count, block: block)
    }

    /// The number of elements of a block: the largest that lets blocks begin where rows of repetitions begin.
    ///
    /// Then what repeats from the first element on is the same in all blocks and written only once, and a block that lies
    /// in a longer row reads it where it is.
    private var blockCount: Int {
        let longest = Int(TROUPE_BLOCK)
        let repeated = slots.filter { $0.kind == TROUPE_REPEATED }.map(\.layout)
        let rows = repeated.map(\.row)
        let unit =
            Self.commonMultiple(of: repeated.map { $0.period ?? $0.row }.filter { $0 <= longest }, atMost: longest)
            ?? Self.commonMultiple(of: rows.filter { $0 <= longest }, atMost: longest) ?? 1
        let most = longest / unit * unit
        let whole = stride(from: most, through: max(unit, longest / 4), by: -unit).first { block in
            rows.allSatisfy { $0 <= longest || $0 % block == 0 }
        }
        return whole ?? most
    }

    /// The least number that all of them divide; nil if it is larger.
    private static func commonMultiple(of numbers: [Int], atMost most: Int) -> Int? {
        var multiple = 1
        for number in numbers where number > 0 {
            guard let found = stride(from: multiple, through: most, by: multiple).first(where: { $0 % number == 0 })
            else { return nil }
            multiple = found
        }
        return multiple
    }
}

import CKernels
import Tensors

/// Collects the slots and instructions of a block program.
struct BlockBuilder {
    private(set) var slots: [BlockStep.Slot] = []
    private var instructions: [BlockStep.Instruction] = []
    private var reductions: [BlockStep.Reduction] = []
    private var slotOf: [Int: Int] = [:]

    private mutating func slot(
        _ value: Int,
        _ kind: troupe_slot_kind,
        _ type: TensorType,
        at location: Location = Location(base: 0, offset: 0),
        layout: Layout = Layout(sizes: [], strides: [])
    ) -> Int {
        if let known = slotOf[value] { return known }
        slots.append(
            BlockStep.Slot(
                kind: kind,
                location: location,
                register: 0,
                elementByteCount: type.element.byteCount,
                layout: layout
            )
        )
        slotOf[value] = slots.count - 1
        return slots.count - 1
    }

    /// A value that lies in memory.
    mutating func memory(_ value: Int, at location: Location, type: TensorType) -> Int {
        slot(value, TROUPE_MEMORY, type, at: location)
    }

    /// A value that only lives in the block.
    mutating func register(_ value: Int, type: TensorType) -> Int { slot(value, TROUPE_REGISTER, type) }

    /// A repetition of something in memory.
    mutating func repeated(_ value: Int, at location: Location, type: TensorType, layout: Layout) -> Int {
        slot(value, layout.isContiguous ? TROUPE_MEMORY : TROUPE_REPEATED, type, at: location, layout: layout)
    }

    /// Adds an instruction.
    mutating func append(_ operation: ElementwiseOperation, operands: [Int], result: Int) {
        instructions.append(BlockStep.Instruction(operation: operation, operands: operands, result: result))
    }

    /// Adds a reduction of what the instructions leave in a slot.
    mutating func append(_ reduction: BlockStep.Reduction) { reductions.append(reduction) }

    /// The program over so many elements, and the bytes that its registers take.
    func finished(count: Int, joinsPairs: Bool) -> (step: BlockStep, registerByteCount: Int) {
        let fusion = InstructionFusion(slots: slots, kept: Set(reductions.map(\.slot)))
        let instructions = joinsPairs ? fusion.fused(instructions) : instructions
        let block = blockCount
        var placed = slots
        for (index, slot) in slots.enumerated() where slot.kind == TROUPE_REPEATED {
            if let period = slot.layout.period, block % period == 0 { placed[index].kind = TROUPE_SAME_REPEATED }
        }
        let registerByteCount = Self.allocateRegisters(&placed, for: instructions, kept: reductions.map(\.slot))
        let step = BlockStep(
            slots: placed,
            instructions: instructions,
            reductions: reductions,
            count: count,
            block: block
        )
        return (step, registerByteCount)
    }

    /// Gives repetitions registers of their own, and lets values of the block that never meet share.
    private static func allocateRegisters(
        _ slots: inout [BlockStep.Slot],
        for instructions: [BlockStep.Instruction],
        kept: [Int]
    ) -> Int {
        var byteCount = 0
        var free: [Int: [Int]] = [:]  // by bytes of an element
        func room(_ slot: BlockStep.Slot) -> Int {
            if slot.kind == TROUPE_REGISTER, let register = free[slot.elementByteCount]?.popLast() { return register }
            defer { byteCount += Arena.aligned(Int(TROUPE_BLOCK) * slot.elementByteCount) }
            return byteCount
        }
        for index in slots.indices where slots[index].kind != TROUPE_MEMORY && slots[index].kind != TROUPE_REGISTER {
            slots[index].register = room(slots[index])
        }
        var lastUses = [Int](repeating: -1, count: slots.count)
        for (index, instruction) in instructions.enumerated() {
            for slot in instruction.operands + [instruction.result] { lastUses[slot] = index }
        }
        for slot in kept { lastUses[slot] = instructions.count }
        for (index, instruction) in instructions.enumerated() {
            let result = instruction.result
            if slots[result].kind == TROUPE_REGISTER { slots[result].register = room(slots[result]) }
            for slot in Set(instruction.operands + [result])
            where lastUses[slot] == index && slots[slot].kind == TROUPE_REGISTER {
                free[slots[slot].elementByteCount, default: []].append(slots[slot].register)
            }
        }
        return byteCount
    }

    /// The number of elements of a block: the largest that lets blocks begin where rows of repetitions begin.
    ///
    /// Then what repeats from the first element on is the same in all blocks and written only once, and a block that lies
    /// in a longer row reads it where it is.
    private var blockCount: Int {
        let longest = Int(TROUPE_BLOCK)
        let repeated = slots.filter { $0.kind == TROUPE_REPEATED }.map(\.layout)
        let rows = repeated.map(\.row)
        // Groups of reductions must be whole; rows need not, and may be too long.
        let groups = reductions.map(\.group)
        let periods = repeated.map { $0.period ?? $0.row }.filter { $0 <= longest }
        let unit =
            Self.commonMultiple(of: groups + periods, atMost: longest)
            ?? Self.commonMultiple(of: groups + rows.filter { $0 <= longest }, atMost: longest)
            ?? Self.commonMultiple(of: groups, atMost: longest) ?? 1
        let most = longest / unit * unit
        let whole = stride(from: most, through: max(unit, longest / 4), by: -unit).first { block in
            rows.allSatisfy { $0 <= longest || $0 % block == 0 }
        }
        return whole ?? most
    }

    /// The least number that all of them divide; nil if it is larger.
    static func commonMultiple(of numbers: [Int], atMost most: Int) -> Int? {
        var multiple = 1
        for number in numbers where number > 0 {
            guard let found = stride(from: multiple, through: most, by: multiple).first(where: { $0 % number == 0 })
            else { return nil }
            multiple = found
        }
        return multiple
    }
}

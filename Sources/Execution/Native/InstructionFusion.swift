import CKernels

/// Joins two instructions of a block program into one where a kernel does both, each rounded as before: what passes between
/// them is neither written nor read.
struct InstructionFusion {
    let slots: [BlockStep.Slot]
    /// The slots that are read when all instructions are done.
    let kept: Set<Int>

    /// The same results from fewer instructions.
    func fused(_ instructions: [BlockStep.Instruction]) -> [BlockStep.Instruction] {
        var instructions: [BlockStep.Instruction?] = instructions
        var readers = [Int](repeating: 0, count: slots.count)
        var writers = [Int?](repeating: nil, count: slots.count)
        for (index, instruction) in instructions.enumerated() {
            guard let instruction else { continue }
            for operand in instruction.operands { readers[operand] += 1 }
            writers[instruction.result] = index
        }
        for index in instructions.indices {
            guard let second = instructions[index] else { continue }
            for place in second.operands.indices {
                let between = second.operands[place]
                guard slots[between].kind == TROUPE_REGISTER, !kept.contains(between), let writer = writers[between],
                    let first = instructions[writer],
                    let joined = joined(first, second, at: place),
                    readers[between] == 1,
                    !isOverwritten(first.operands, in: instructions[(writer + 1)..<index])
                else { continue }
                instructions[writer] = nil
                instructions[index] = joined
                break
            }
        }
        return instructions.compactMap { $0 }
    }

    /// Whether an instruction writes memory that operands lie in: an update in place.
    private func isOverwritten(_ operands: [Int], in instructions: ArraySlice<BlockStep.Instruction?>) -> Bool {
        let places = operands.filter { slots[$0].kind != TROUPE_REGISTER }.map { slots[$0].location }
        return instructions.contains { instruction in
            guard let result = instruction?.result, slots[result].kind == TROUPE_MEMORY else { return false }
            return places.contains(slots[result].location)
        }
    }

    /// Both instructions as one, where the first one's result is the second one's operand at a place; nil if no kernel does
    /// that.
    private func joined(
        _ first: BlockStep.Instruction,
        _ second: BlockStep.Instruction,
        at place: Int
    ) -> BlockStep.Instruction? {
        let others = second.operands.indices.filter { $0 != place }.map { second.operands[$0] }
        let (operation, operands): (troupe_operation, [Int])
        switch (first.operation.kernel, second.operation.kernel, place) {
        case (TROUPE_MULTIPLY, TROUPE_ADD, _): (operation, operands) = (TROUPE_MULTIPLY_ADD, first.operands + others)
        case (TROUPE_MULTIPLY, TROUPE_SUBTRACT, 0):
            (operation, operands) = (TROUPE_MULTIPLY_SUBTRACT, first.operands + others)
        case (TROUPE_MULTIPLY, TROUPE_SUBTRACT, _):
            (operation, operands) = (TROUPE_SUBTRACT_PRODUCT, first.operands + others)
        case (TROUPE_MULTIPLY, TROUPE_MULTIPLY, _):
            (operation, operands) = (TROUPE_MULTIPLY_MULTIPLY, first.operands + others)
        case (TROUPE_ADD, TROUPE_MULTIPLY, _):
            (operation, operands) = (TROUPE_ADD_MULTIPLY, first.operands + others)
        case (TROUPE_SUBTRACT, TROUPE_MULTIPLY, _):
            (operation, operands) = (TROUPE_SUBTRACT_MULTIPLY, first.operands + others)
        case (TROUPE_NEGATE, TROUPE_MULTIPLY, _):
            (operation, operands) = (TROUPE_NEGATE_MULTIPLY, first.operands + others)
        case (TROUPE_ADD, TROUPE_DIVIDE, 1): (operation, operands) = (TROUPE_DIVIDE_BY_SUM, others + first.operands)
        case (TROUPE_MULTIPLY, TROUPE_SQRT, _): (operation, operands) = (TROUPE_ROOT_OF_PRODUCT, first.operands)
        case (TROUPE_LESS_OR_EQUAL, TROUPE_SELECT, 0) where others == [first.operands[1], first.operands[0]]:
            (operation, operands) = (TROUPE_RAISE, first.operands)
        default: return nil
        }
        guard first.operation.type == second.operation.type else { return nil }
        let both = ElementwiseOperation(kernel: operation, type: first.operation.type)
        guard troupe_elementwise_kernel(Int32(operation.rawValue), both.type) != nil else { return nil }
        return BlockStep.Instruction(operation: both, operands: operands, result: second.result)
    }
}

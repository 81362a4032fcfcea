import Tensors

extension And: BinaryRule {
    func integer(_ a: Int, _ b: Int, _ element: ElementType) -> Int { a & b }
}

extension Or: BinaryRule {
    func integer(_ a: Int, _ b: Int, _ element: ElementType) -> Int { a | b }
}

extension Xor: BinaryRule {
    func integer(_ a: Int, _ b: Int, _ element: ElementType) -> Int { a ^ b }
}

extension Not: UnaryRule {
    func integer(_ x: Int, _ element: ElementType) -> Int { ~x }
}

extension ShiftLeft: BinaryRule {
    /// 0 from the width on; a negative distance is a large one.
    func integer(_ a: Int, _ b: Int, _ element: ElementType) -> Int {
        (0..<element.bitCount).contains(b) ? a << b : 0
    }
}

extension ShiftRightLogical: BinaryRule {
    /// Zeros follow, whatever the sign; 0 from the width on.
    func integer(_ a: Int, _ b: Int, _ element: ElementType) -> Int {
        (0..<element.bitCount).contains(b) ? (a & ((1 << element.bitCount) - 1)) >> b : 0
    }
}

extension Compare: ReferenceRule {
    func evaluated(on operands: [ReferenceTensor], types: [TensorType]) -> [ReferenceTensor] {
        // Every integer element is a Double, so that one comparison serves all.
        let truths = zip(operands[0].doubles, operands[1].doubles).map { a, b in
            switch direction {
            case .equal: a == b
            case .notEqual: a != b
            case .less: a < b
            case .lessOrEqual: a <= b
            case .greater: a > b
            case .greaterOrEqual: a >= b
            }
        }
        return [ReferenceTensor(types[0], integers: truths.map { $0 ? 1 : 0 })]
    }
}

extension Select: ReferenceRule {
    func evaluated(on operands: [ReferenceTensor], types: [TensorType]) -> [ReferenceTensor] {
        let sources = operands[0].integers.enumerated().map { ($0.element == 1 ? 1 : 2, $0.offset) }
        return [.taking(sources, of: operands, as: types[0])]
    }
}

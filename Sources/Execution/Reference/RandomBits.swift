import Tensors

extension RandomBits: ReferenceRule {
    func evaluated(on operands: [ReferenceTensor], types: [TensorType]) -> [ReferenceTensor] {
        let keys = operands[0].integers.map { UInt32($0) }
        let counters = operands[1].integers.map { UInt32($0) }
        var words: [UInt32] = []
        for row in 0..<(keys.count / 2) {
            let key = Array(keys[(2 * row)..<(2 * row + 2)])
            let counter = Array(counters[(4 * row)..<(4 * row + 4)])
            words += Philox.stream(counter: counter, key: key, count: count)
        }
        return [ReferenceTensor(types[0], integers: words.map { Int($0) })]
    }
}

import Tensors

extension Scan: ReferenceRule {
    func evaluated(on operands: [ReferenceTensor], types: [TensorType]) throws(ExecutionError) -> [ReferenceTensor] {
        let constants = Array(operands.prefix(constantCount))
        var carry = Array(operands[constantCount..<(constantCount + carryCount)])
        let inputs = operands.dropFirst(constantCount + carryCount)
        var slices = [[ReferenceTensor]](repeating: [], count: length)
        for step in isReverse ? Array((0..<length).reversed()) : Array(0..<length) {
            if let until, carry[until].integers.allSatisfy({ $0 == 1 }) {
                slices[step] = body.resultTypes.dropFirst(carryCount).map { .zeros($0) }
                continue
            }
            let results = try ReferenceInterpreter().evaluated(body, on: constants + carry + inputs.map { $0[step] })
            carry = Array(results.prefix(carryCount))
            slices[step] = Array(results.dropFirst(carryCount))
        }
        let stacks = types.indices.dropFirst(carryCount).map { result in
            ReferenceTensor.stacked(slices.map { $0[result - carryCount] }, as: types[result])
        }
        return carry + stacks
    }
}

extension ReferenceTensor {
    /// One slice of the first axis.
    fileprivate subscript(index: Int) -> ReferenceTensor {
        let shape = Shape(Array(shape.sizes.dropFirst()))
        return taking((0..<shape.count).map { index * shape.count + $0 }, shape: shape)
    }

    /// A tensor of zeros.
    fileprivate static func zeros(_ type: TensorType) -> ReferenceTensor {
        type.element.isFloat
            ? ReferenceTensor(type, reals: [Double](repeating: 0, count: type.shape.count))
            : ReferenceTensor(type, integers: [Int](repeating: 0, count: type.shape.count))
    }

    /// Slices one after another.
    static func stacked(_ slices: [ReferenceTensor], as type: TensorType) -> ReferenceTensor {
        type.element.isFloat
            ? ReferenceTensor(type, reals: slices.flatMap(\.reals))
            : ReferenceTensor(type, integers: slices.flatMap(\.integers))
    }
}

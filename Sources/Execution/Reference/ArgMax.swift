import Tensors

extension ArgMax: ReferenceRule {
    func evaluated(on operands: [ReferenceTensor], types: [TensorType]) -> [ReferenceTensor] {
        let shape = operands[0].shape
        let kept = shape.offsets(along: (0..<shape.rank).filter { $0 != dimension })
        let along = shape.offsets(along: [dimension])
        let numbers = operands[0].doubles
        let positions = kept.map { start in
            let row = along.map { numbers[start + $0] }
            // NaN counts as the largest; the first of equals.
            return row.firstIndex(where: \.isNaN) ?? row.firstIndex(of: row.max() ?? 0) ?? 0
        }
        return [ReferenceTensor(types[0], integers: positions)]
    }
}

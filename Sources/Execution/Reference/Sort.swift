import Tensors

extension Sort: ReferenceRule {
    func evaluated(on operands: [ReferenceTensor], types: [TensorType]) -> [ReferenceTensor] {
        let shape = operands[0].shape
        let along = shape.offsets(along: [dimension])
        let keys = operands[0].doubles
        var sources = [Int](repeating: 0, count: shape.count)
        for start in shape.offsets(along: (0..<shape.rank).filter({ $0 != dimension })) {
            // NaN last, equal keys in their old order.
            let order = along.indices.sorted { left, right in
                let (a, b) = (keys[start + along[left]], keys[start + along[right]])
                if a.isNaN || b.isNaN { return a.isNaN == b.isNaN ? left < right : b.isNaN }
                return a == b ? left < right : a < b
            }
            for (place, origin) in order.enumerated() { sources[start + along[place]] = start + along[origin] }
        }
        return operands.map { $0.taking(sources, shape: shape) }
    }
}

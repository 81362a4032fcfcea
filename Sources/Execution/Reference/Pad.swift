import Tensors

extension Pad: ReferenceRule {
    func evaluated(on operands: [ReferenceTensor], types: [TensorType]) -> [ReferenceTensor] {
        let (from, to) = (operands[0].shape, types[0].shape)
        var sources = [(Int, Int)](repeating: (1, 0), count: to.count)  // the value, unless an element comes there
        for position in 0..<from.count {
            var place = 0
            var isInside = true
            for axis in 0..<from.rank {
                let index = position / from.strides[axis] % from[axis]
                let target = low[axis] + index * (interior[axis] + 1)
                isInside = isInside && (0..<to[axis]).contains(target)
                place += isInside ? target * to.strides[axis] : 0
            }
            if isInside { sources[place] = (0, position) }
        }
        return [.taking(sources, of: operands, as: types[0])]
    }
}

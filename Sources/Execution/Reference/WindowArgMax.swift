import Tensors

extension WindowArgMax: ReferenceRule {
    func evaluated(on operands: [ReferenceTensor], types: [TensorType]) -> [ReferenceTensor] {
        let (shape, result) = (operands[0].shape, types[0].shape)
        let numbers = operands[0].doubles
        let windows = windows(shape)
        let taps = Shape(window).indices
        guard result.count > 0 else { return [ReferenceTensor(types[0], integers: [])] }
        let positions = result.indices.map { index in
            let example = index[0] * shape.strides[0]
            let candidates = taps.compactMap { tap -> Int? in
                var position = index[index.count - 1]
                for (axis, window) in windows.enumerated() {
                    let place = index[axis + 1] * window.stride - window.low + tap[axis]
                    guard (0..<window.size).contains(place) else { return nil }
                    position += place * shape.strides[axis + 1]
                }
                return position
            }
            let row = candidates.map { numbers[example + $0] }
            // NaN counts as the largest; the first of equals.
            return candidates[row.firstIndex(where: \.isNaN) ?? row.firstIndex(of: row.max() ?? 0) ?? 0]
        }
        return [ReferenceTensor(types[0], integers: positions)]
    }
}

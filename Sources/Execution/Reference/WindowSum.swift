import Tensors

extension WindowSum: ReferenceRule {
    func evaluated(on operands: [ReferenceTensor], types: [TensorType]) -> [ReferenceTensor] {
        let (shape, element) = (operands[0].shape, types[0].element)
        let windows = windows(shape)
        // Along each axis: the elements under the window at each of its places, in the window's order.
        let meetings = windows.enumerated().map { axis, window in
            (0..<types[0].shape[axis]).map { place in
                (0..<window.size).filter { index in
                    let distance = index * window.dilation - (place * window.stride - window.low)
                    return distance >= 0 && distance.isMultiple(of: window.windowDilation)
                        && distance / window.windowDilation < window.window
                }
            }
        }
        let sources = types[0].shape.indices.map { place in
            place.enumerated().reduce([0]) { offsets, axis in
                offsets.flatMap { offset in
                    meetings[axis.offset][axis.element].map { offset + $0 * shape.strides[axis.offset] }
                }
            }
        }
        switch operands[0].elements {
        case .reals(let x):
            return [ReferenceTensor(types[0], reals: sources.map { $0.reduce(0) { $0 + x[$1] } })]
        case .integers(let x):
            let sums = sources.map { $0.reduce(0) { element.wrapped($0 + x[$1]) } }
            return [ReferenceTensor(types[0], integers: sums)]
        }
    }
}

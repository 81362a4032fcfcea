/// A tensor with a value put before, after and between its elements along each axis; negative edges cut instead.
/// (StableHLO `pad`)
package struct Pad: Linear {
    package static let name = "pad"
    package let low: [Int]
    package let high: [Int]
    package let interior: [Int]

    package init(low: [Int], high: [Int], interior: [Int]) {
        self.low = low
        self.high = high
        self.interior = interior
    }

    package var attributes: [Attribute] {
        [
            Attribute("edge_padding_low", low), Attribute("edge_padding_high", high),
            Attribute("interior_padding", interior),
        ]
    }

    package init(attributes: [Attribute]) throws(ProgramError) {
        let reader = try AttributeReader(
            attributes,
            of: Self.name,
            named: ["edge_padding_low", "edge_padding_high", "interior_padding"]
        )
        let edges = -(1 << 40)...(1 << 40)
        self.init(
            low: try reader.integers("edge_padding_low", in: edges),
            high: try reader.integers("edge_padding_high", in: edges),
            interior: try reader.sizes("interior_padding")
        )
    }

    package func resultTypes(of operands: [TensorType]) throws(ShapeError) -> [TensorType] {
        guard operands.count == 2, operands[1] == TensorType(operands[0].element, .scalar) else {
            throw ShapeError(Self.name, operands, "takes a tensor and a scalar of its element type")
        }
        guard [low.count, high.count, interior.count].allSatisfy({ $0 == operands[0].shape.rank }) else {
            throw ShapeError(Self.name, operands, "the padding must name each axis")
        }
        var sizes: [Int] = []
        for (axis, size) in operands[0].shape.sizes.enumerated() {
            let (between, overflow) = max(0, size - 1).multipliedReportingOverflow(by: interior[axis])
            guard !overflow, between < 1 << 50, low[axis] + size + between + high[axis] >= 0 else {
                throw ShapeError(Self.name, operands, "axis \(axis) would have no possible size")
            }
            sizes.append(low[axis] + size + between + high[axis])
        }
        return [TensorType(operands[0].element, Shape(sizes))]
    }

    /// dy where the tensor lies, and the sum of what lies elsewhere.
    package func pullback(_ cotangents: [Tensor?], operands: [Tensor], results: [Tensor]) -> [Tensor?] {
        guard let cotangent = cotangents[0] else { return [nil, nil] }
        // Undo the edges by padding the other way, then take every (interior + 1)-th element.
        let inner = cotangent.padded(low: low.map(-), high: high.map(-), interior: low.map { _ in 0 })
        let mine = inner.sliced(
            from: low.map { _ in 0 },
            to: inner.shape.sizes,
            by: interior.map { $0 + 1 }
        )
        let edges = cotangent.sum(over: Array(0..<cotangent.rank)) - mine.sum(over: Array(0..<mine.rank))
        return [mine, edges]
    }

    package func batched(_ operands: [Batched], lanes: Int) -> [Batched] {
        let primitive = Pad(low: [0] + low, high: [0] + high, interior: [0] + interior)
        guard operands[1].hasLanes else {
            return Trace.apply(primitive, [operands[0].spread(over: lanes), operands[1].tensor])
                .map { Batched($0, hasLanes: true) }
        }
        // Each lane has a value of its own: pad a mask beside the tensor and choose.
        let tensor = operands[0].spread(over: lanes)
        let padded = Trace.apply(primitive, [tensor, tensor.zero(of: tensor.element)])[0]
        let ones = tensor.constant([UInt8](repeating: 1, count: 1), shape: .scalar).broadcast(to: tensor.shape)
        let mask = Trace.apply(primitive, [ones, tensor.zero(of: .u8)])[0].converted(to: .bool)
        let value = operands[1].tensor.broadcast(to: padded.shape, axes: [0])
        return [Batched(select(mask, padded, value), hasLanes: true)]
    }
}

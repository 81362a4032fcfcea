/// A tensor with slices added at indices. (StableHLO `scatter` with addition, for one indexed axis)
///
/// Operands: the tensor `[batch…, n, slice…]` with `batch` leading axes, indices `i32[batch…, index…]`, and updates
/// `[batch…, index…, slice…]`. Updates are added in the order of the indices; those outside 0..<n are left out.
package struct ScatterAdd: Linear {
    package static let name = "scatter_add"
    package let batch: Int
    package init(batch: Int) { self.batch = batch }

    package var attributes: [Attribute] { [Attribute("batch", batch)] }
    package init(attributes: [Attribute]) throws(ProgramError) {
        let reader = try AttributeReader(attributes, of: Self.name, named: ["batch"])
        self.init(batch: try reader.integer("batch", in: 0...255))
    }

    package func resultTypes(of operands: [TensorType]) throws(ShapeError) -> [TensorType] {
        guard operands.count == 3, operands[1].element == .i32, operands[0].shape.rank > batch,
            operands[1].shape.rank >= batch, operands[0].element != .bool,
            operands[0].shape.sizes.prefix(batch) == operands[1].shape.sizes.prefix(batch),
            operands[2]
                == TensorType(
                    operands[0].element,
                    Shape(operands[1].shape.sizes + operands[0].shape.sizes.dropFirst(batch + 1))
                )
        else {
            throw ShapeError(
                Self.name,
                operands,
                "takes a tensor, i32 indices and updates that agree in the first \(batch) axes and in the slices"
            )
        }
        return [operands[0]]
    }

    /// dy, and dy at the indices (0 for those left out).
    package func pullback(_ cotangents: [Tensor?], operands: [Tensor], results: [Tensor]) -> [Tensor?] {
        guard let cotangent = cotangents[0] else { return [nil, nil, nil] }
        let indices = operands[1]
        guard operands[0].shape[batch] > 0 else { return [cotangent, nil, nil] }
        let inside = and(
            indices .>= indices.filled(0),
            indices .<= indices.filled(Double(min(operands[0].shape[batch] - 1, Int(Int32.max))))
        )
        let taken = Trace.apply(Gather(batch: batch), [cotangent, indices])[0]
        let mask = inside.broadcast(to: taken.shape, axes: Array(0..<indices.rank))
        return [cotangent, nil, select(mask, taken, taken.filled(0))]
    }

    package func batched(_ operands: [Batched], lanes: Int) -> [Batched] {
        Trace.apply(ScatterAdd(batch: batch + 1), operands.map { $0.spread(over: lanes) })
            .map { Batched($0, hasLanes: true) }
    }
}

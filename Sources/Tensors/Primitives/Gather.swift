/// Slices of a tensor by index. (StableHLO `gather`, for one indexed axis)
///
/// Operands: the tensor `[batch…, n, slice…]` with `batch` leading axes, and indices `i32[batch…, index…]`; result
/// `[batch…, index…, slice…]`. An index outside 0..<n is moved to the nearest end.
package struct Gather: Linear {
    package static let name = "gather"
    package let batch: Int
    package init(batch: Int) { self.batch = batch }

    package var attributes: [Attribute] { [Attribute("batch", batch)] }
    package init(attributes: [Attribute]) throws(ProgramError) {
        let reader = try AttributeReader(attributes, of: Self.name, named: ["batch"])
        self.init(batch: try reader.integer("batch", in: 0...255))
    }

    package func resultTypes(of operands: [TensorType]) throws(ShapeError) -> [TensorType] {
        guard operands.count == 2, operands[1].element == .i32, operands[0].shape.rank > batch,
            operands[1].shape.rank >= batch,
            operands[0].shape.sizes.prefix(batch) == operands[1].shape.sizes.prefix(batch)
        else {
            throw ShapeError(
                Self.name,
                operands,
                "takes a tensor and i32 indices that agree in the first \(batch) axes"
            )
        }
        guard operands[0].shape[batch] > 0 || operands[1].shape.count == 0 else {
            throw ShapeError(Self.name, operands, "cannot take anything from an axis of size 0")
        }
        return [
            TensorType(
                operands[0].element,
                Shape(operands[1].shape.sizes + operands[0].shape.sizes.dropFirst(batch + 1))
            )
        ]
    }

    /// dy, added up where it was taken.
    package func pullback(_ cotangents: [Tensor?], operands: [Tensor], results: [Tensor]) -> [Tensor?] {
        guard let cotangent = cotangents[0] else { return [nil, nil] }
        let last = operands[1].filled(Double(min(operands[0].shape[batch] - 1, Int(Int32.max))))
        let clamped = minimum(maximum(operands[1], operands[1].filled(0)), last)
        let zeros = cotangent.zero(of: cotangent.element).broadcast(to: operands[0].shape)
        return [Trace.apply(ScatterAdd(batch: batch), [zeros, clamped, cotangent])[0], nil]
    }

    package func batched(_ operands: [Batched], lanes: Int) -> [Batched] {
        // A shared tensor without batch axes stays shared: the lanes are just more indices.
        let shared = !operands[0].hasLanes && batch == 0
        let result =
            shared
            ? Trace.apply(self, operands.map(\.tensor))
            : Trace.apply(Gather(batch: batch + 1), operands.map { $0.spread(over: lanes) })
        return [Batched(result[0], hasLanes: true)]
    }
}

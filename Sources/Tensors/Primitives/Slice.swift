/// From each axis the elements `start`, `start + stride`, … below `limit`. (StableHLO `slice`)
package struct Slice: Linear {
    package static let name = "slice"
    package let starts: [Int]
    package let limits: [Int]
    package let strides: [Int]

    package init(starts: [Int], limits: [Int], strides: [Int]) {
        self.starts = starts
        self.limits = limits
        self.strides = strides
    }

    package var attributes: [Attribute] {
        [
            Attribute("start_indices", starts), Attribute("limit_indices", limits), Attribute("strides", strides),
        ]
    }

    package init(attributes: [Attribute]) throws(ProgramError) {
        let reader = try AttributeReader(
            attributes,
            of: Self.name,
            named: ["start_indices", "limit_indices", "strides"]
        )
        self.init(
            starts: try reader.sizes("start_indices"),
            limits: try reader.sizes("limit_indices"),
            strides: try reader.integers("strides", in: 1...(1 << 40))
        )
    }

    package func resultTypes(of operands: [TensorType]) throws(ShapeError) -> [TensorType] {
        guard operands.count == 1,
            [starts.count, limits.count, strides.count].allSatisfy({ $0 == operands[0].shape.rank })
        else {
            throw ShapeError(Self.name, operands, "takes one operand, and a start, limit and stride for each axis")
        }
        var sizes: [Int] = []
        for (axis, size) in operands[0].shape.sizes.enumerated() {
            guard starts[axis] <= limits[axis], limits[axis] <= size else {
                throw ShapeError(
                    Self.name,
                    operands,
                    "\(starts[axis])..<\(limits[axis]) does not lie within axis \(axis) of size \(size)"
                )
            }
            sizes.append((limits[axis] - starts[axis] + strides[axis] - 1) / strides[axis])
        }
        return [TensorType(operands[0].element, Shape(sizes))]
    }

    /// dy at its place among zeros.
    package func pullback(_ cotangents: [Tensor?], operands: [Tensor], results: [Tensor]) -> [Tensor?] {
        guard let cotangent = cotangents[0] else { return [nil] }
        let sizes = results[0].shape.sizes
        let covered = sizes.indices.map { sizes[$0] == 0 ? 0 : (sizes[$0] - 1) * strides[$0] + 1 }
        let after = sizes.indices.map { operands[0].shape[$0] - starts[$0] - covered[$0] }
        return [cotangent.padded(low: starts, high: after, interior: strides.map { $0 - 1 })]
    }

    package func batched(_ operands: [Batched], lanes: Int) -> [Batched] {
        let primitive = Slice(starts: [0] + starts, limits: [lanes] + limits, strides: [1] + strides)
        return Trace.apply(primitive, [operands[0].tensor]).map { Batched($0, hasLanes: true) }
    }
}

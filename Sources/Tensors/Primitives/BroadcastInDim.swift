/// A tensor repeated along new axes, or along axes of size 1. (StableHLO `broadcast_in_dim`)
///
/// Axis i of the operand becomes axis `dimensions[i]` of the result, which has the same size unless the operand's is 1.
package struct BroadcastInDim: Linear {
    package static let name = "broadcast_in_dim"
    package let shape: Shape
    package let dimensions: [Int]

    package init(to shape: Shape, dimensions: [Int]) {
        self.shape = shape
        self.dimensions = dimensions
    }

    package var attributes: [Attribute] {
        [Attribute("shape", shape.sizes), Attribute("broadcast_dimensions", dimensions)]
    }

    package init(attributes: [Attribute]) throws(ProgramError) {
        let reader = try AttributeReader(attributes, of: Self.name, named: ["shape", "broadcast_dimensions"])
        self.init(to: Shape(try reader.sizes("shape")), dimensions: try reader.sizes("broadcast_dimensions"))
    }

    package func resultTypes(of operands: [TensorType]) throws(ShapeError) -> [TensorType] {
        guard operands.count == 1, dimensions.count == operands[0].shape.rank else {
            throw ShapeError(
                Self.name,
                operands,
                "takes one operand, and \(dimensions) must name an axis for each of its"
            )
        }
        guard zip(dimensions, dimensions.dropFirst()).allSatisfy(<),
            dimensions.allSatisfy({ (0..<shape.rank).contains($0) })
        else {
            throw ShapeError(Self.name, operands, "the axes \(dimensions) must ascend and lie in 0..<\(shape.rank)")
        }
        for (axis, target) in dimensions.enumerated()
        where operands[0].shape[axis] != 1 && operands[0].shape[axis] != shape[target] {
            throw ShapeError(
                Self.name,
                operands,
                "axis \(axis) of size \(operands[0].shape[axis]) does not fit axis \(target) of \(shape)"
            )
        }
        return [TensorType(operands[0].element, shape)]
    }

    /// dy, summed over the axes along which the operand was repeated.
    package func pullback(_ cotangents: [Tensor?], operands: [Tensor], results: [Tensor]) -> [Tensor?] {
        guard let cotangent = cotangents[0] else { return [nil] }
        let kept = dimensions.enumerated().filter { axis, target in operands[0].shape[axis] == shape[target] }.map(\.1)
        let repeated = (0..<shape.rank).filter { !kept.contains($0) }
        return [cotangent.sum(over: repeated).reshaped(operands[0].shape)]
    }

    package func batched(_ operands: [Batched], lanes: Int) -> [Batched] {
        let primitive = BroadcastInDim(
            to: Shape([lanes] + shape.sizes),
            dimensions: [0] + dimensions.map { $0 + 1 }
        )
        return Trace.apply(primitive, [operands[0].tensor]).map { Batched($0, hasLanes: true) }
    }
}

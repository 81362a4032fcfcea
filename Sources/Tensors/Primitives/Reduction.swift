/// A primitive that takes axes away by combining the elements along them.
package protocol Reduction: Primitive {
    /// The axes that go, in ascending order.
    var dimensions: [Int] { get }
    /// The element types it is defined for.
    static var domain: Set<ElementType> { get }
    /// Reduces over axes, given in ascending order.
    init(dimensions: [Int])
}

extension Reduction {
    package var attributes: [Attribute] { [Attribute("dimensions", dimensions)] }

    package init(attributes: [Attribute]) throws(ProgramError) {
        let reader = try AttributeReader(attributes, of: Self.name, named: ["dimensions"])
        self.init(dimensions: try reader.sizes("dimensions"))
    }

    package func resultTypes(of operands: [TensorType]) throws(ShapeError) -> [TensorType] {
        guard operands.count == 1 else { throw ShapeError(Self.name, operands, "takes one operand") }
        let type = operands[0]
        guard Self.domain.contains(type.element) else {
            throw ShapeError(Self.name, operands, "is not defined for \(type.element)")
        }
        guard zip(dimensions, dimensions.dropFirst()).allSatisfy(<),
            dimensions.allSatisfy({ (0..<type.shape.rank).contains($0) })
        else {
            throw ShapeError(
                Self.name,
                operands,
                "the axes \(dimensions) must ascend and lie in 0..<\(type.shape.rank)"
            )
        }
        let kept = (0..<type.shape.rank).filter { !dimensions.contains($0) }
        return [TensorType(type.element, Shape(kept.map { type.shape[$0] }))]
    }

    package func batched(_ operands: [Batched], lanes: Int) -> [Batched] {
        Trace.apply(Self(dimensions: dimensions.map { $0 + 1 }), [operands[0].tensor])
            .map { Batched($0, hasLanes: true) }
    }

    /// The tangents, summed with the weights that the pullback gives to the elements: a result depends on its own alone.
    package func tangents(_ tangents: [Tensor?], operands: [Tensor], results: [Tensor]) -> [Tensor?] {
        let weights = pullback([results[0].filled(1)], operands: operands, results: results)[0]
        guard let tangent = tangents[0], let weights else { return [nil] }
        return [(tangent * weights).sum(over: dimensions)]
    }

    /// A tensor of the result's shape, repeated along the reduced axes.
    func spread(_ tensor: Tensor, like operand: Tensor) -> Tensor {
        let kept = (0..<operand.rank).filter { !dimensions.contains($0) }
        return tensor.broadcast(to: operand.shape, axes: kept)
    }
}

/// A primitive that treats each element alone: all operands and the result have one shape.
package protocol Elementwise: Primitive {
    /// Applies without static parameters.
    init()
    /// The number of operands.
    static var arity: Int { get }
    /// The element types it is defined for.
    static var domain: Set<ElementType> { get }
}

extension Set<ElementType> {
    package static let floats: Self = [.f32, .f64]
    package static let integers: Self = [.i32, .u32, .u8]
    package static let numbers: Self = floats.union(integers)
    package static let logical: Self = integers.union([.bool])
    package static let all: Self = numbers.union([.bool])
}

extension Elementwise {
    package var attributes: [Attribute] { [] }

    package init(attributes: [Attribute]) throws(ProgramError) {
        _ = try AttributeReader(attributes, of: Self.name, named: [])
        self.init()
    }

    package func resultTypes(of operands: [TensorType]) throws(ShapeError) -> [TensorType] {
        [try Self.commonType(of: operands)]
    }

    /// The one type that all operands have.
    static func commonType(of operands: [TensorType]) throws(ShapeError) -> TensorType {
        guard operands.count == arity else {
            throw ShapeError(name, operands, "takes \(arity == 1 ? "one operand" : "\(arity) operands")")
        }
        guard operands.allSatisfy({ $0 == operands[0] }) else {
            throw ShapeError(name, operands, "the operands' types differ")
        }
        guard domain.contains(operands[0].element) else {
            let allowed = domain.map(\.description).sorted().joined(separator: ", ")
            throw ShapeError(name, operands, "is defined for \(allowed) only")
        }
        return operands[0]
    }

    package func batched(_ operands: [Batched], lanes: Int) -> [Batched] {
        Trace.apply(self, operands.map { $0.spread(over: lanes) }).map { Batched($0, hasLanes: true) }
    }
}

extension Batched {
    /// The tensor with lanes, copied to each if need be.
    func spread(over lanes: Int) -> Tensor {
        hasLanes ? tensor : tensor.broadcast(to: Shape([lanes] + tensor.shape.sizes))
    }
}

/// An element-wise primitive of one operand.
package protocol Unary: Elementwise {
    /// The cotangent of the operand x, given that of the result y; nil where the derivative is zero.
    ///
    /// Each element depends on one alone, so that this is also the tangent of y, given that of x.
    func derivative(_ cotangent: Tensor, x: Tensor, y: Tensor) -> Tensor?
}

extension Unary {
    package static var arity: Int { 1 }
    package func pullback(_ cotangents: [Tensor?], operands: [Tensor], results: [Tensor]) -> [Tensor?] {
        [cotangents[0].flatMap { derivative($0, x: operands[0], y: results[0]) }]
    }

    package func tangents(_ tangents: [Tensor?], operands: [Tensor], results: [Tensor]) -> [Tensor?] {
        pullback(tangents, operands: operands, results: results)
    }
}

/// An element-wise primitive of two operands.
package protocol Binary: Elementwise {
    /// The cotangents of the operands a and b, given that of the result y; nil where a derivative is zero.
    ///
    /// Each element depends on two alone, so that the first is also the tangent of y, given that of a, and the second the
    /// tangent of y, given that of b.
    func derivatives(_ cotangent: Tensor, a: Tensor, b: Tensor, y: Tensor) -> (Tensor?, Tensor?)
}

extension Binary {
    package static var arity: Int { 2 }
    package func pullback(_ cotangents: [Tensor?], operands: [Tensor], results: [Tensor]) -> [Tensor?] {
        guard let cotangent = cotangents[0] else { return [nil, nil] }
        let (a, b) = derivatives(cotangent, a: operands[0], b: operands[1], y: results[0])
        return [a, b]
    }

    package func tangents(_ tangents: [Tensor?], operands: [Tensor], results: [Tensor]) -> [Tensor?] {
        let (a, b, y) = (operands[0], operands[1], results[0])
        return [
            sum(
                tangents[0].flatMap { derivatives($0, a: a, b: b, y: y).0 },
                tangents[1].flatMap { derivatives($0, a: a, b: b, y: y).1 }
            )
        ]
    }
}

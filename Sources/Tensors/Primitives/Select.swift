/// a where the condition holds, b elsewhere; the condition has their shape. (StableHLO `select`)
package struct Select: Linear {
    package static let name = "select"
    package init() {}
    package var attributes: [Attribute] { [] }
    package init(attributes: [Attribute]) throws(ProgramError) {
        _ = try AttributeReader(attributes, of: Self.name, named: [])
    }

    package func resultTypes(of operands: [TensorType]) throws(ShapeError) -> [TensorType] {
        guard operands.count == 3, operands[1] == operands[2],
            operands[0] == TensorType(.bool, operands[1].shape)
        else {
            throw ShapeError(
                Self.name,
                operands,
                "takes a condition (bool) and two operands of one type, all of one shape"
            )
        }
        return [operands[1]]
    }

    /// dy where it was taken, 0 elsewhere.
    package func pullback(_ cotangents: [Tensor?], operands: [Tensor], results: [Tensor]) -> [Tensor?] {
        guard let cotangent = cotangents[0] else { return [nil, nil, nil] }
        let zero = cotangent.filled(0)
        return [nil, select(operands[0], cotangent, zero), select(operands[0], zero, cotangent)]
    }

    package func batched(_ operands: [Batched], lanes: Int) -> [Batched] {
        Trace.apply(self, operands.map { $0.spread(over: lanes) }).map { Batched($0, hasLanes: true) }
    }
}

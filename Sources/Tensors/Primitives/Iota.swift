/// 0, 1, 2, … along one axis. (StableHLO `iota`)
package struct Iota: Discrete {
    package static let name = "iota"
    package let type: TensorType
    package let dimension: Int

    package init(_ type: TensorType, dimension: Int) {
        self.type = type
        self.dimension = dimension
    }

    package var attributes: [Attribute] {
        [
            Attribute("element", Int(type.element.rawValue)), Attribute("shape", type.shape.sizes),
            Attribute("iota_dimension", dimension),
        ]
    }

    package init(attributes: [Attribute]) throws(ProgramError) {
        let reader = try AttributeReader(attributes, of: Self.name, named: ["element", "shape", "iota_dimension"])
        type = TensorType(try reader.element("element"), Shape(try reader.sizes("shape")))
        dimension = try reader.integer("iota_dimension", in: 0...255)
    }

    package func resultTypes(of operands: [TensorType]) throws(ShapeError) -> [TensorType] {
        guard operands.isEmpty else { throw ShapeError(Self.name, operands, "takes no operand") }
        guard type.element != .bool, (0..<type.shape.rank).contains(dimension) else {
            throw ShapeError(Self.name, operands, "cannot count along axis \(dimension) of \(type)")
        }
        return [type]
    }

    package func batched(_ operands: [Batched], lanes: Int) -> [Batched] { [] }
}

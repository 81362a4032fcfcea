/// A small literal. What varies between tasks is an input; large literals are refused. (StableHLO `constant`)
package struct Constant: Discrete {
    package static let name = "constant"
    /// The most bytes that a literal may have.
    package static let byteLimit = 4096
    package let type: TensorType
    /// The elements, little-endian.
    package let bytes: [UInt8]

    package init(_ value: TensorValue) {
        type = value.type
        bytes = value.bytes
    }

    package var attributes: [Attribute] {
        [
            Attribute("element", Int(type.element.rawValue)), Attribute("shape", type.shape.sizes),
            Attribute("value", .bytes(bytes)),
        ]
    }

    package init(attributes: [Attribute]) throws(ProgramError) {
        let reader = try AttributeReader(attributes, of: Self.name, named: ["element", "shape", "value"])
        type = TensorType(try reader.element("element"), Shape(try reader.sizes("shape")))
        bytes = try reader.bytes("value")
    }

    package func resultTypes(of operands: [TensorType]) throws(ShapeError) -> [TensorType] {
        guard operands.isEmpty else { throw ShapeError(Self.name, operands, "takes no operand") }
        guard bytes.count <= Self.byteLimit else {
            throw ShapeError(
                Self.name,
                operands,
                "has \(bytes.count) bytes, and at most \(Self.byteLimit) are allowed; make it an input"
            )
        }
        guard type.shape.checkedByteCount(of: type.element) == bytes.count else {
            throw ShapeError(Self.name, operands, "has \(bytes.count) bytes for \(type)")
        }
        guard type.element != .bool || bytes.allSatisfy({ $0 <= 1 }) else {
            throw ShapeError(Self.name, operands, "has truth values other than 0 and 1")
        }
        return [type]
    }

    package func batched(_ operands: [Batched], lanes: Int) -> [Batched] { [] }
}

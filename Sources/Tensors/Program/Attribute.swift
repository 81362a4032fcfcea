/// A static parameter of a primitive, such as the axes of a reduction.
public struct Attribute: Hashable, Sendable {
    /// What an attribute can be.
    public enum Value: Hashable, Sendable {
        /// Axes, sizes, counts, or the number of a case.
        case integers([Int])
        /// The elements of a constant, little-endian.
        case bytes([UInt8])
        /// A loop's body or a branch.
        case function(Function)
    }

    /// The attribute's name, fixed for ever by canonical bytes.
    public var name: String
    /// Its value.
    public var value: Value

    /// An attribute of any kind.
    public init(_ name: String, _ value: Value) {
        self.name = name
        self.value = value
    }

    /// A list of integers.
    public init(_ name: String, _ integers: [Int]) { self.init(name, .integers(integers)) }

    /// A single integer.
    public init(_ name: String, _ integer: Int) { self.init(name, .integers([integer])) }
}

/// Hands a primitive its attributes by name, so that a wrong, missing or surplus one becomes an error.
public struct AttributeReader {
    private let primitive: String
    private let attributes: [Attribute]

    /// The attributes of one node of a program that came from outside.
    ///
    /// - Throws: `ProgramError.attribute` when the names are not exactly those expected, in their order.
    public init(_ attributes: [Attribute], of primitive: String, named names: [String]) throws(ProgramError) {
        guard attributes.map(\.name) == names else {
            throw .attribute(
                primitive: primitive,
                "has the attributes [\(attributes.map(\.name).joined(separator: ", "))], expected [\(names.joined(separator: ", "))]"
            )
        }
        self.primitive = primitive
        self.attributes = attributes
    }

    private func value(_ name: String) throws(ProgramError) -> Attribute.Value {
        guard let attribute = attributes.first(where: { $0.name == name }) else {
            throw .attribute(primitive: primitive, "lacks the attribute '\(name)'")
        }
        return attribute.value
    }

    /// A list of integers, each in a range.
    public func integers(_ name: String, in range: ClosedRange<Int>) throws(ProgramError) -> [Int] {
        guard case .integers(let integers) = try value(name), integers.allSatisfy(range.contains) else {
            throw .attribute(primitive: primitive, "'\(name)' must be a list of integers in \(range)")
        }
        return integers
    }

    /// A single integer in a range.
    public func integer(_ name: String, in range: ClosedRange<Int>) throws(ProgramError) -> Int {
        let list = try integers(name, in: range)
        guard list.count == 1 else {
            throw .attribute(primitive: primitive, "'\(name)' must be one integer in \(range)")
        }
        return list[0]
    }

    /// Axis numbers or sizes: non-negative and below 2^40.
    public func sizes(_ name: String) throws(ProgramError) -> [Int] { try integers(name, in: 0...(1 << 40)) }

    /// Raw bytes.
    public func bytes(_ name: String) throws(ProgramError) -> [UInt8] {
        guard case .bytes(let bytes) = try value(name) else {
            throw .attribute(primitive: primitive, "'\(name)' must be bytes")
        }
        return bytes
    }

    /// A body or branch.
    public func function(_ name: String) throws(ProgramError) -> Function {
        guard case .function(let function) = try value(name) else {
            throw .attribute(primitive: primitive, "'\(name)' must be a function")
        }
        return function
    }

    /// An element type.
    public func element(_ name: String) throws(ProgramError) -> ElementType {
        let number = try integer(name, in: 0...255)
        guard let element = ElementType(rawValue: UInt8(number)) else {
            throw .attribute(primitive: primitive, "'\(name)' is \(number), which is no element type")
        }
        return element
    }
}

/// Why a program that came from outside was refused.
public enum ProgramError: Error, Hashable, Sendable, CustomStringConvertible {
    /// No primitive has this name.
    case unknownPrimitive(String, node: Int)
    /// A primitive's static parameters are not what they must be.
    case attribute(primitive: String, String)
    /// A node refers to a value that does not exist before it.
    case operand(node: Int, primitive: String, operand: Int, available: Int)
    /// A function returns a value that it does not have.
    case result(Int, available: Int)
    /// A node's operands do not fit its primitive.
    case shape(node: Int, ShapeError)
    /// Inputs or outputs are not named as they must be.
    case ports(String)
    /// A parameter of a function is a tensor that no program can have.
    case parameter(Int, TensorType, String)
    /// The function table is not in order.
    case table(String)
    /// The program is larger than its reader allows.
    case limit(String)
    /// What is wrong with one node's static parameters.
    indirect case node(Int, ProgramError)
    /// What is wrong inside one function of the table.
    indirect case function(Int, ProgramError)

    /// One sentence that names the node, and its function unless the program has just one.
    public var description: String {
        switch self {
        case .unknownPrimitive(let name, let node): "node \(node): there is no primitive '\(name)'"
        case .attribute(let primitive, let what): "\(primitive) \(what)"
        case .operand(let node, let primitive, let operand, let available):
            "node \(node) (\(primitive)) refers to value \(operand), but only values below \(available) exist before it"
        case .result(let result, let available): "value \(result) is returned, but only values below \(available) exist"
        case .shape(let node, let error): "node \(node): \(error)"
        case .ports(let what): "ports: \(what)"
        case .parameter(let index, let type, let excess): "parameter \(index) of type \(type) \(excess)"
        case .table(let what): "function table: \(what)"
        case .limit(let what): "limit: \(what)"
        case .node(let index, let error): "node \(index): \(error)"
        case .function(let index, let error): "function \(index): \(error)"
        }
    }
}

/// Why operands do not fit a primitive.
public struct ShapeError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The primitive's name.
    public var primitive: String
    /// The operands' types.
    public var operands: [TensorType]
    /// What is wrong.
    public var reason: String

    /// An error of a primitive's shape rule.
    public init(_ primitive: String, _ operands: [TensorType], _ reason: String) {
        self.primitive = primitive
        self.operands = operands
        self.reason = reason
    }

    /// As `dot_general(f32[2, 3], f32[4, 5]): the contracted sizes 3 and 4 differ`.
    public var description: String {
        "\(primitive)(\(operands.map(\.description).joined(separator: ", "))): \(reason)"
    }
}

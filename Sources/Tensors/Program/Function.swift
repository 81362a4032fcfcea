/// One application of a primitive inside a function.
public struct Node: Sendable {
    /// What is computed.
    public let primitive: any Primitive
    /// The values it is computed from: numbers of parameters and of earlier nodes' results.
    public let operands: [Int]
    /// The types of what comes out.
    public let results: [TensorType]
}

extension Node: Hashable {
    /// Nodes are equal when they compute the same from the same values.
    public static func == (left: Node, right: Node) -> Bool {
        left.operands == right.operands && left.primitive.name == right.primitive.name
            && left.primitive.attributes == right.primitive.attributes
    }

    /// Feeds primitive and operands to a hasher.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(primitive.name)
        hasher.combine(primitive.attributes)
        hasher.combine(operands)
    }
}

/// A list of nodes in an order in which they can be computed.
///
/// Values are numbered: first the parameters, then the results of each node in turn. A node refers to lower numbers only.
public struct Function: Hashable, Sendable {
    /// The types of what goes in.
    public let parameters: [TensorType]
    /// What is computed, in order.
    public let nodes: [Node]
    /// The numbers of the values that come out.
    public let results: [Int]
    /// The type of each value, by number.
    public let types: [TensorType]

    /// Builds a function, inferring every type by the primitives' shape rules.
    ///
    /// - Throws: `ProgramError` when a node refers to a later value or breaks its primitive's shape rule, or when there
    ///   is a tensor that no program can have.
    public init(
        parameters: [TensorType],
        steps: [(primitive: any Primitive, operands: [Int])],
        results: [Int]
    ) throws(ProgramError) {
        for (index, type) in parameters.enumerated() {
            if let excess = type.excess { throw .parameter(index, type, excess) }
        }
        var types = parameters
        var nodes: [Node] = []
        nodes.reserveCapacity(steps.count)
        for (index, step) in steps.enumerated() {
            for operand in step.operands where !types.indices.contains(operand) {
                throw .operand(node: index, primitive: step.primitive.name, operand: operand, available: types.count)
            }
            let inferred: [TensorType]
            do {
                inferred = try step.primitive.checkedResultTypes(of: step.operands.map { types[$0] })
            } catch {
                throw .shape(node: index, error)
            }
            nodes.append(Node(primitive: step.primitive, operands: step.operands, results: inferred))
            types += inferred
        }
        for result in results where !types.indices.contains(result) {
            throw .result(result, available: types.count)
        }
        self.parameters = parameters
        self.nodes = nodes
        self.results = results
        self.types = types
    }

    /// Takes nodes whose types are known to be right.
    init(parameters: [TensorType], checked nodes: [Node], results: [Int], types: [TensorType]) {
        self.parameters = parameters
        self.nodes = nodes
        self.results = results
        self.types = types
    }

    /// The number of the first result of each node.
    public var firstResults: [Int] {
        var next = parameters.count
        return nodes.map { node in
            defer { next += node.results.count }
            return next
        }
    }

    /// The types of what comes out.
    public var resultTypes: [TensorType] { results.map { types[$0] } }
}

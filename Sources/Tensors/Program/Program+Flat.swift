extension FlatProgram {
    /// How large a program that came from outside may be.
    public struct SizeLimits: Sendable, Hashable {
        /// Functions in the table.
        public var functions: Int
        /// Nodes and results of all functions together, each function counted as often as others refer to it.
        public var nodes: Int
        /// Functions inside one another.
        public var depth: Int

        /// Limits for one program.
        public init(functions: Int = 4096, nodes: Int = 1_000_000, depth: Int = 64) {
            self.functions = functions
            self.nodes = nodes
            self.depth = depth
        }

        fileprivate var tooManyNodes: ProgramError { .limit("more than \(nodes) nodes and results") }
    }
}

extension Program {
    /// The flat form, which travels.
    public var flat: FlatProgram {
        FlatProgram(inputs: inputs.map(\.name), outputs: outputs.map(\.name), function: function)
    }

    /// Validates a program that came from outside: primitives, attributes, references, shapes, sizes.
    ///
    /// Functions that nothing refers to are checked and left out.
    ///
    /// - Throws: `ProgramError`, which names function and node.
    public init(_ flat: FlatProgram, limits: FlatProgram.SizeLimits = .init()) throws(ProgramError) {
        guard !flat.functions.isEmpty else { throw .table("is empty") }
        guard flat.functions.count <= limits.functions else {
            throw .limit("\(flat.functions.count) functions, and at most \(limits.functions) are allowed")
        }
        var built: [BuiltFunction] = []
        for (position, function) in flat.functions.enumerated() {
            do throws(ProgramError) {
                built.append(try BuiltFunction(function, after: built, limits: limits))
            } catch {
                throw flat.functions.count == 1 ? error : .function(position, error)
            }
        }
        try self.init(inputs: flat.inputs, outputs: flat.outputs, function: built[built.count - 1].function)
    }
}

/// A function that was found valid, and what it counts for in those that refer to it.
private struct BuiltFunction {
    let function: Function
    /// Its nodes and results, and those of every function that it refers to.
    private let weight: Int
    /// How many functions lie inside one another, this one included.
    private let depth: Int

    init(
        _ flat: FlatProgram.FlatFunction,
        after earlier: [BuiltFunction],
        limits: FlatProgram.SizeLimits
    ) throws(ProgramError) {
        var weight = flat.nodes.count + flat.results.count
        guard weight <= limits.nodes else { throw limits.tooManyNodes }
        var depth = 1
        var steps: [(primitive: any Primitive, operands: [Int])] = []
        for (index, node) in flat.nodes.enumerated() {
            guard let type = PrimitiveTable.primitive(named: node.primitive) else {
                throw .unknownPrimitive(node.primitive, node: index)
            }
            var attributes: [Attribute] = []
            for attribute in node.attributes {
                switch attribute.value {
                case .integers(let integers): attributes.append(Attribute(attribute.name, integers))
                case .bytes(let bytes): attributes.append(Attribute(attribute.name, .bytes(bytes)))
                case .function(let reference):
                    guard earlier.indices.contains(reference) else {
                        throw .table("node \(index) refers to function \(reference), which does not stand before it")
                    }
                    // A node has at most as many results as its function, so this also limits the types of all values.
                    weight += earlier[reference].weight
                    guard weight <= limits.nodes else { throw limits.tooManyNodes }
                    depth = max(depth, earlier[reference].depth + 1)
                    attributes.append(Attribute(attribute.name, .function(earlier[reference].function)))
                }
            }
            do throws(ProgramError) {
                steps.append((try type.init(attributes: attributes), node.operands))
            } catch {
                throw .node(index, error)
            }
        }
        guard depth <= limits.depth else { throw .limit("more than \(limits.depth) functions inside one another") }
        function = try Function(parameters: flat.parameters, steps: steps, results: flat.results)
        self.weight = weight
        self.depth = depth
    }
}

extension FlatProgram {
    /// How large a program that came from outside may be.
    public struct SizeLimits: Sendable, Hashable {
        /// Functions in the table.
        public var functions: Int
        /// Nodes of all functions together, each function counted as often as others refer to it.
        public var nodes: Int
        /// Functions inside each other, as a loop's body inside the loop's function.
        public var depth: Int

        /// Limits for one program.
        public init(functions: Int = 4096, nodes: Int = 1_000_000, depth: Int = 64) {
            self.functions = functions
            self.nodes = nodes
            self.depth = depth
        }
    }
}

extension Program {
    /// The flat form, which travels.
    public var flat: FlatProgram {
        FlatProgram(inputs: inputs.map(\.name), outputs: outputs.map(\.name), function: function)
    }

    /// Validates a program that came from outside: primitives, attributes, references, shapes, sizes.
    ///
    /// - Throws: `ProgramError`, which names the node.
    public init(_ flat: FlatProgram, limits: FlatProgram.SizeLimits = .init()) throws(ProgramError) {
        guard !flat.functions.isEmpty else { throw .table("is empty") }
        guard flat.functions.count <= limits.functions else {
            throw .limit("\(flat.functions.count) functions, and at most \(limits.functions) are allowed")
        }
        var built: [Function] = []
        var nodeCounts: [Int] = []
        var depths: [Int] = []
        for (position, flatFunction) in flat.functions.enumerated() {
            var nodeCount = flatFunction.nodes.count
            var depth = 1
            var steps: [(primitive: any Primitive, operands: [Int])] = []
            for (index, node) in flatFunction.nodes.enumerated() {
                guard let type = PrimitiveTable.primitive(named: node.primitive) else {
                    throw .unknownPrimitive(node.primitive, node: index)
                }
                var attributes: [Attribute] = []
                for attribute in node.attributes {
                    switch attribute.value {
                    case .integers(let integers): attributes.append(Attribute(attribute.name, integers))
                    case .bytes(let bytes): attributes.append(Attribute(attribute.name, .bytes(bytes)))
                    case .function(let reference):
                        guard (0..<position).contains(reference) else {
                            throw .table("function \(position) refers to \(reference), which does not stand before it")
                        }
                        nodeCount += nodeCounts[reference]
                        depth = max(depth, depths[reference] + 1)
                        guard depth <= limits.depth else {
                            throw .limit("more than \(limits.depth) functions inside each other")
                        }
                        attributes.append(Attribute(attribute.name, .function(built[reference])))
                    }
                    guard nodeCount <= limits.nodes else {
                        throw .limit("more than \(limits.nodes) nodes")
                    }
                }
                steps.append((try type.init(attributes: attributes), node.operands))
            }
            guard nodeCount <= limits.nodes else { throw .limit("more than \(limits.nodes) nodes") }
            built.append(
                try Function(parameters: flatFunction.parameters, steps: steps, results: flatFunction.results)
            )
            nodeCounts.append(nodeCount)
            depths.append(depth)
        }
        try self.init(inputs: flat.inputs, outputs: flat.outputs, function: built[built.count - 1])
    }
}

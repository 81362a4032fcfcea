/// A program as a flat table of functions, in which a function refers to lower indices only: the form that travels, and
/// the form whose bytes are hashed.
public struct FlatProgram: Hashable, Sendable {
    /// An attribute whose functions are indices into the table.
    public struct FlatAttribute: Hashable, Sendable {
        /// What an attribute can be.
        public enum Value: Hashable, Sendable {
            /// Axes, sizes, counts.
            case integers([Int])
            /// A constant's elements.
            case bytes([UInt8])
            /// An index into the table, lower than that of the function which holds it.
            case function(Int)
        }
        /// The attribute's name.
        public var name: String
        /// Its value.
        public var value: Value

        /// An attribute.
        public init(name: String, value: Value) {
            self.name = name
            self.value = value
        }
    }

    /// One application of a primitive.
    public struct FlatNode: Hashable, Sendable {
        /// The primitive's name.
        public var primitive: String
        /// Numbers of earlier values.
        public var operands: [Int]
        /// Static parameters, in the primitive's own order.
        public var attributes: [FlatAttribute]

        /// A node.
        public init(primitive: String, operands: [Int], attributes: [FlatAttribute]) {
            self.primitive = primitive
            self.operands = operands
            self.attributes = attributes
        }
    }

    /// One function of the table.
    public struct FlatFunction: Hashable, Sendable {
        /// The types of what goes in.
        public var parameters: [TensorType]
        /// What is computed, in order.
        public var nodes: [FlatNode]
        /// The numbers of the values that come out.
        public var results: [Int]

        /// A function.
        public init(parameters: [TensorType], nodes: [FlatNode], results: [Int]) {
            self.parameters = parameters
            self.nodes = nodes
            self.results = results
        }
    }

    /// The names of what goes in.
    public var inputs: [String]
    /// The names of what comes out.
    public var outputs: [String]
    /// The functions; the last one is the program.
    public var functions: [FlatFunction]

    /// A table that came from outside.
    public init(inputs: [String], outputs: [String], functions: [FlatFunction]) {
        self.inputs = inputs
        self.outputs = outputs
        self.functions = functions
    }

    init(inputs: [String], outputs: [String], function: Function) {
        var table: [FlatFunction] = []
        var index: [Function: Int] = [:]
        _ = Self.flatten(function, into: &table, index: &index)
        self.init(inputs: inputs, outputs: outputs, functions: table)
    }

    /// Appends a function after those it refers to; equal functions share one row.
    private static func flatten(
        _ function: Function,
        into table: inout [FlatFunction],
        index: inout [Function: Int]
    ) -> Int {
        if let known = index[function] { return known }
        let nodes = function.nodes.map { node in
            FlatNode(
                primitive: node.primitive.name,
                operands: node.operands,
                attributes: node.primitive.attributes.map { attribute in
                    switch attribute.value {
                    case .integers(let integers): FlatAttribute(name: attribute.name, value: .integers(integers))
                    case .bytes(let bytes): FlatAttribute(name: attribute.name, value: .bytes(bytes))
                    case .function(let body):
                        FlatAttribute(
                            name: attribute.name,
                            value: .function(flatten(body, into: &table, index: &index))
                        )
                    }
                }
            )
        }
        table.append(FlatFunction(parameters: function.parameters, nodes: nodes, results: function.results))
        index[function] = table.count - 1
        return table.count - 1
    }

    /// The bytes whose SHA-256 is the program's hash.
    ///
    /// "troupe program 1\n", then inputs, outputs and functions, each list preceded by its count. Integers take 8 bytes,
    /// little-endian, two's complement; a string is its UTF-8 byte count and its bytes; a type is its element's number,
    /// its rank and its sizes; a function is its parameters, its nodes and its results; a node is its primitive's name, its
    /// operands and its attributes; an attribute is its name, 0, 1 or 2 for integers, bytes or function, and its value
    /// (integers and bytes are preceded by their count).
    ///
    /// The functions are in the order in which a walk from the program first leaves them, nodes and attributes taken in
    /// order; equal functions are one.
    public var canonicalBytes: [UInt8] {
        var bytes = CanonicalBytes()
        bytes.raw(Array("troupe program 1\n".utf8))
        bytes.list(inputs) { $0.string($1) }
        bytes.list(outputs) { $0.string($1) }
        bytes.list(functions) { bytes, function in
            bytes.list(function.parameters) { $0.type($1) }
            bytes.list(function.nodes) { bytes, node in
                bytes.string(node.primitive)
                bytes.list(node.operands) { $0.integer($1) }
                bytes.list(node.attributes) { bytes, attribute in
                    bytes.string(attribute.name)
                    switch attribute.value {
                    case .integers(let integers):
                        bytes.integer(0)
                        bytes.list(integers) { $0.integer($1) }
                    case .bytes(let content):
                        bytes.integer(1)
                        bytes.integer(content.count)
                        bytes.raw(content)
                    case .function(let index):
                        bytes.integer(2)
                        bytes.integer(index)
                    }
                }
            }
            bytes.list(function.results) { $0.integer($1) }
        }
        return bytes.content
    }
}

/// Writes integers, strings and lists in the one way that canonical bytes allow.
struct CanonicalBytes {
    private(set) var content: [UInt8] = []

    mutating func raw(_ bytes: [UInt8]) { content += bytes }

    mutating func integer(_ value: Int) { content.append(littleEndian: Int64(value)) }

    mutating func string(_ text: String) {
        integer(text.utf8.count)
        content += Array(text.utf8)
    }

    mutating func type(_ type: TensorType) {
        integer(Int(type.element.rawValue))
        list(type.shape.sizes) { $0.integer($1) }
    }

    mutating func list<Item>(_ items: [Item], _ write: (inout CanonicalBytes, Item) -> Void) {
        integer(items.count)
        for item in items { write(&self, item) }
    }
}

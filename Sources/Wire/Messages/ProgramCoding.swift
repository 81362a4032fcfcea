import CProtobuf
package import Tensors

extension FlatProgram {
    /// The content of the blob by which a program travels: one packed `Program` of `Proto/program.proto`.
    ///
    /// - Throws: `WireError` for every program that `init(decoding:)` would refuse: more than 16 MiB or 1,048,576 fields,
    ///   names of more than 256 bytes, a negative number where none may be.
    package func encoded() throws(WireError) -> [UInt8] {
        do throws(WireError) {
            var arena = Arena()
            let cell = try arena.cell(self)
            _ = try FlatProgram(reading: cell.pointee)
            let byteCount = troupe__program__get_packed_size(cell)
            guard byteCount <= WireLimits.program else {
                throw .tooLarge("", bytes: byteCount, limit: WireLimits.program)
            }
            let bytes = [UInt8](unsafeUninitializedCapacity: byteCount) { bytes, count in
                count = troupe__program__pack(cell, bytes.baseAddress)
            }
            try bytes.withUnsafeBytes { bytes in Result { () throws(WireError) in try Self.scan(bytes) } }.get()
            return bytes
        } catch {
            throw error.inside("program")
        }
    }

    /// Reads a packed `Program`. What it means is not checked here: not the primitives, nor what nodes refer to.
    ///
    /// - Throws: `WireError` that names the field.
    package init(decoding bytes: [UInt8]) throws(WireError) {
        let result = bytes.withUnsafeBytes { bytes in Result { () throws(WireError) in try Self.unpack(bytes) } }
        do throws(WireError) { self = try result.get() } catch { throw error.inside("program") }
    }

    private static func scan(_ bytes: UnsafeRawBufferPointer) throws(WireError) {
        var prototype = Troupe__Program()
        troupe__program__init(&prototype)
        try FieldScan.check(bytes, against: prototype.base.descriptor, fieldsAtMost: WireLimits.programFields)
    }

    private static func unpack(_ bytes: UnsafeRawBufferPointer) throws(WireError) -> FlatProgram {
        guard bytes.count <= WireLimits.program else {
            throw .tooLarge("", bytes: bytes.count, limit: WireLimits.program)
        }
        try scan(bytes)
        guard let cell = troupe__program__unpack(nil, bytes.count, bytes.bindMemory(to: UInt8.self).baseAddress) else {
            throw .field("", "is not a packed program")
        }
        defer { troupe__program__free_unpacked(cell, nil) }
        return try FlatProgram(reading: cell.pointee)
    }
}

/// Nothing inside a program needs a limit of its own; the scan has counted everything.
private let anyCount = WireLimits.programFields

extension FlatProgram: Packable {
    static func initialise(_ cell: UnsafeMutablePointer<Troupe__Program>) { troupe__program__init(cell) }

    func write(to cell: inout Troupe__Program, in arena: inout Arena) throws(WireError) {
        cell.n_inputs = inputs.count
        cell.inputs = try arena.strings(inputs, named: "inputs")
        cell.n_outputs = outputs.count
        cell.outputs = try arena.strings(outputs, named: "outputs")
        cell.n_functions = functions.count
        cell.functions = try arena.cells(functions, named: "functions")
    }

    init(reading cell: Troupe__Program) throws(WireError) {
        self.init(
            inputs: try read(cell.n_inputs, cell.inputs, "inputs", atMost: WireLimits.label),
            outputs: try read(cell.n_outputs, cell.outputs, "outputs", atMost: WireLimits.label),
            functions: try read(cell.n_functions, cell.functions, "functions", atMost: anyCount)
        )
    }
}

extension FlatProgram.FlatFunction: Packable {
    static func initialise(_ cell: UnsafeMutablePointer<Troupe__Function>) { troupe__function__init(cell) }

    func write(to cell: inout Troupe__Function, in arena: inout Arena) throws(WireError) {
        cell.n_parameters = parameters.count
        cell.parameters = try arena.cells(parameters, named: "parameters")
        cell.n_nodes = nodes.count
        cell.nodes = try arena.cells(nodes, named: "nodes")
        cell.n_results = results.count
        cell.results = try arena.numbers(results, as: UInt32.self, named: "results")
    }

    init(reading cell: Troupe__Function) throws(WireError) {
        self.init(
            parameters: try read(cell.n_parameters, cell.parameters, "parameters", atMost: anyCount),
            nodes: try read(cell.n_nodes, cell.nodes, "nodes", atMost: anyCount),
            results: UnsafeBufferPointer(start: cell.results, count: cell.n_results).map(Int.init)
        )
    }
}

extension FlatProgram.FlatNode: Packable {
    static func initialise(_ cell: UnsafeMutablePointer<Troupe__Node>) { troupe__node__init(cell) }

    func write(to cell: inout Troupe__Node, in arena: inout Arena) throws(WireError) {
        cell.primitive = try arena.string(primitive, named: "primitive")
        cell.n_operands = operands.count
        cell.operands = try arena.numbers(operands, as: UInt32.self, named: "operands")
        cell.n_attributes = attributes.count
        cell.attributes = try arena.cells(attributes, named: "attributes")
    }

    init(reading cell: Troupe__Node) throws(WireError) {
        self.init(
            primitive: try read(cell.primitive, "primitive", atMost: WireLimits.label),
            operands: UnsafeBufferPointer(start: cell.operands, count: cell.n_operands).map(Int.init),
            attributes: try read(cell.n_attributes, cell.attributes, "attributes", atMost: anyCount)
        )
    }
}

extension FlatProgram.FlatAttribute: Packable {
    static func initialise(_ cell: UnsafeMutablePointer<Troupe__Attribute>) { troupe__attribute__init(cell) }

    func write(to cell: inout Troupe__Attribute, in arena: inout Arena) throws(WireError) {
        cell.name = try arena.string(name, named: "name")
        switch value {
        case .integers(let values):
            let list = arena.allocate(Troupe__Integers.self, count: 1)
            troupe__integers__init(list)
            list.pointee.n_values = values.count
            list.pointee.values = try arena.numbers(values, as: Int64.self, named: "integers")
            cell.value_case = TROUPE__ATTRIBUTE__VALUE_INTEGERS
            cell.integers = list
        case .bytes(let bytes):
            cell.value_case = TROUPE__ATTRIBUTE__VALUE_BYTES
            cell.bytes = arena.data(bytes)
        case .function(let index):
            cell.value_case = TROUPE__ATTRIBUTE__VALUE_FUNCTION
            cell.function = try arena.number(index, named: "function")
        }
    }

    init(reading cell: Troupe__Attribute) throws(WireError) {
        let name = try read(cell.name, "name", atMost: WireLimits.label)
        switch cell.value_case {
        case TROUPE__ATTRIBUTE__VALUE_INTEGERS:
            guard let list = cell.integers else { throw .field("integers", "is missing") }
            let values = UnsafeBufferPointer(start: list.pointee.values, count: list.pointee.n_values)
            self.init(name: name, value: .integers(values.map(Int.init)))
        case TROUPE__ATTRIBUTE__VALUE_BYTES:
            let bytes = UnsafeBufferPointer(start: cell.bytes.data, count: cell.bytes.len)
            self.init(name: name, value: .bytes(Array(bytes)))
        case TROUPE__ATTRIBUTE__VALUE_FUNCTION:
            self.init(name: name, value: .function(Int(cell.function)))
        default: throw .field(name, "has no value")
        }
    }
}

/// A named input or output of a program.
public struct Port: Hashable, Sendable {
    /// The name by which recipes refer to it.
    public let name: String
    /// What flows through it.
    public let type: TensorType

    /// A port.
    public init(_ name: String, _ type: TensorType) {
        self.name = name
        self.type = type
    }
}

/// A static tensor graph with named inputs and outputs: what a coordinator hands to a worker.
///
/// A program is a pure function: equal inputs give equal bits, wherever and whenever it runs.
public struct Program: Hashable, Sendable {
    /// What goes in, in the order of the function's parameters.
    public let inputs: [Port]
    /// What comes out, in the order of the function's results.
    public let outputs: [Port]
    /// The graph.
    public let function: Function
    /// The SHA-256 of the canonical bytes: the program's identity.
    public let hash: Hash

    /// Names a function's parameters and results.
    ///
    /// - Throws: `ProgramError.ports` when names repeat, or are not as many as parameters and results.
    public init(inputs: [String], outputs: [String], function: Function) throws(ProgramError) {
        guard inputs.count == function.parameters.count, outputs.count == function.results.count else {
            throw .ports(
                "\(inputs.count) inputs and \(outputs.count) outputs are named, but the function has "
                    + "\(function.parameters.count) and \(function.results.count)"
            )
        }
        for names in [inputs, outputs] where Set(names).count != names.count {
            throw .ports("the names [\(names.joined(separator: ", "))] are not distinct")
        }
        self.inputs = zip(inputs, function.parameters).map { Port($0, $1) }
        self.outputs = zip(outputs, function.resultTypes).map { Port($0, $1) }
        self.function = function
        self.hash = Hash(of: FlatProgram(inputs: inputs, outputs: outputs, function: function).canonicalBytes)
    }

    /// The position of an output.
    public func outputIndex(_ name: String) -> Int? { outputs.firstIndex { $0.name == name } }
}

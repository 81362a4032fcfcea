extension Program {
    /// Writes a program by running Swift code on tensors that stand for its inputs.
    ///
    /// - Parameters:
    ///   - inputs: The names and types of what goes in.
    ///   - file: The file that errors name.
    ///   - line: The line that errors name.
    ///   - body: Gets one tensor for each input, and returns what comes out, by name.
    /// - Returns: the program, without what its outputs do not need.
    /// - Throws: `TraceError` for the first mistake in shapes, `ProgramError.ports` for names that repeat, and whatever
    ///   `body` throws.
    public static func trace(
        _ inputs: [Port],
        file: StaticString = #fileID,
        line: Int = #line,
        _ body: ([Tensor]) throws -> KeyValuePairs<String, Tensor>
    ) throws -> Program {
        try trace(inputs, file: file, line: line) { tensors in
            try body(tensors).map { (name: $0.key, tensor: $0.value) }
        }
    }

    /// Writes a program whose outputs are only known when it is traced.
    ///
    /// - Throws: as the other form.
    public static func trace(
        _ inputs: [Port],
        file: StaticString = #fileID,
        line: Int = #line,
        _ body: ([Tensor]) throws -> [(name: String, tensor: Tensor)]
    ) throws -> Program {
        let line = SourceLine(file, line)
        let trace = Trace(from: line)
        let outputs = try body(inputs.map { trace.parameter($0.type) })
        let function = try trace.function(returning: outputs.map(\.tensor)).function.withoutRules(at: line)
        return try Program(inputs: inputs.map(\.name), outputs: outputs.map(\.name), function: function)
    }
}

extension Function {
    /// Whether a derivative that a user gave is somewhere inside.
    private var hasRules: Bool {
        nodes.contains { node in
            guard let primitive = node.primitive as? any HigherOrder else { return false }
            return (primitive as? Call)?.rules != nil || primitive.functions.contains(where: \.hasRules)
        }
    }

    /// The function without the derivatives that users gave, whose bodies are written out: what runs when there is nothing
    /// more to differentiate.
    func withoutRules(at line: SourceLine) throws(TraceError) -> Function {
        guard hasRules else { return self }
        let trace = Trace(from: line)
        var values = parameters.map(trace.parameter)
        for node in nodes {
            let operands = node.operands.map { values[$0] }
            if let call = node.primitive as? Call, call.rules != nil {
                values += try call.body.withoutRules(at: line).inlined(on: operands, in: trace)
            } else if let primitive = node.primitive as? any HigherOrder {
                var functions: [Function] = []
                for function in primitive.functions { functions.append(try function.withoutRules(at: line)) }
                values += trace.apply(primitive.with(functions), operands)
            } else {
                values += trace.apply(node.primitive, operands)
            }
        }
        return try trace.function(returning: results.map { values[$0] }).function
    }
}

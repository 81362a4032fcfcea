extension Function {
    /// Writes the function's nodes into the trace of its arguments.
    ///
    /// - Returns: its results there.
    func inlined(on arguments: [Tensor]) -> [Tensor] {
        var values = arguments
        values.reserveCapacity(types.count)
        for node in nodes { values += apply(node, values) }
        return results.map { values[$0] }
    }

    /// Applies one node to values by their numbers; a node without operands goes where the arguments are.
    func apply(_ node: Node, _ values: [Tensor]) -> [Tensor] {
        let operands = node.operands.map { values[$0] }
        return operands.isEmpty
            ? Trace.innermost(of: values).apply(node.primitive, [])
            : Trace.apply(node.primitive, operands)
    }
}

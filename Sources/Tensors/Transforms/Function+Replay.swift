extension Function {
    /// Writes the function's nodes into the trace of its arguments.
    ///
    /// - Returns: its results there.
    func inlined(on arguments: [Tensor]) -> [Tensor] {
        inlined(on: arguments, in: Trace.innermost(of: arguments))
    }

    /// Writes the function's nodes into a trace that the arguments can be used in.
    ///
    /// - Returns: its results there.
    func inlined(on arguments: [Tensor], in trace: Trace) -> [Tensor] {
        var values = arguments
        values.reserveCapacity(types.count)
        for node in nodes { values += trace.apply(node.primitive, node.operands.map { values[$0] }) }
        return results.map { values[$0] }
    }
}

extension Function {
    /// Writes the function for every lane at once into the trace of its arguments. What no lane changes stays shared.
    ///
    /// - Parameters:
    ///   - arguments: One for each parameter.
    ///   - lanes: The number of lanes.
    ///   - trace: Where to write; the innermost of the arguments' if left out.
    func batched(on arguments: [Batched], lanes: Int, in trace: Trace? = nil) -> [Batched] {
        let trace = trace ?? Trace.innermost(of: arguments.map(\.tensor))
        var values = arguments
        for node in nodes {
            let operands = node.operands.map { values[$0] }
            if operands.contains(where: \.hasLanes) {
                values += node.primitive.batched(operands, lanes: lanes)
            } else {
                values += trace.apply(node.primitive, operands.map(\.tensor)).map { Batched($0, hasLanes: false) }
            }
            guard trace.error == nil else {
                return resultTypes.map { Batched(trace.missing($0), hasLanes: false) }
            }
        }
        return results.map { values[$0] }
    }
}

/// Runs a function for each lane of its inputs at once.
///
/// - Parameters:
///   - inputs: Tensors whose first axis counts lanes, as many in each.
///   - file: The file that errors name.
///   - line: The line that errors name.
///   - function: Gets the tensors of one lane, without that axis. Tensors that it uses without being given them are shared
///     by all lanes, and what is computed from them alone is computed once.
/// - Returns: the results with lanes on a new first axis.
/// - Throws: what `function` throws.
public func vmap<Inputs: TensorGroup, Outputs: TensorGroup>(
    _ inputs: Inputs,
    file: StaticString = #fileID,
    line: Int = #line,
    _ function: (Inputs) throws -> Outputs
) rethrows -> Outputs {
    let arguments = inputs.tensors
    let outer = Trace.enclosing(arguments)
    let inner = Trace(parent: outer)
    let lanes = arguments[0].rank == 0 ? -1 : arguments[0].shape[0]
    let outputs = try inner.running(at: SourceLine(file, line)) {
        if !arguments.allSatisfy({ $0.rank > 0 && $0.shape[0] == lanes }) {
            _ = arguments[0].invalid(
                "vmap",
                with: Array(arguments.dropFirst()),
                because: "the inputs must have as many lanes on their first axis"
            )
        }
        return try function(
            inputs.with(
                arguments.map { inner.parameter(TensorType($0.element, Shape(Array($0.shape.sizes.dropFirst())))) }
            )
        )
    }
    guard arguments.allSatisfy(\.exists), let written = try? inner.function(returning: outputs.tensors) else {
        return outer.missing(like: outputs)
    }
    let batched = written.function.batched(
        on: arguments.map { Batched($0, hasLanes: true) } + written.captures.map { Batched($0, hasLanes: false) },
        lanes: lanes
    )
    return outputs.with(batched.map { $0.spread(over: lanes) })
}

import Tensors

extension Emission {
    /// The body's steps, on memory that is given back after them.
    mutating func call(
        _ call: Call,
        _ operands: [Operand],
        _ results: [Operand]
    ) throws(ExecutionError) -> [any Step] {
        var compiler = Compiler(call.body, resources: resources, depth: depth)
        let body = try compiler.compile(parameters: operands.map(\.location), wishes: results.map(\.location))
        adopt(body.kept)
        return body.steps
            + zip(body.results, results).filter { $0 != $1.location }.map { source, result in
                move(Operand(location: source, type: result.type), to: result, strides: result.strides)
            }
    }
}

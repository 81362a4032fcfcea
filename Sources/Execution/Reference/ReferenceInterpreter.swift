public import Tensors

/// Runs programs as their definition reads: node by node, floating point in `Double`, integers exactly.
///
/// It is what the native executor is checked against, shares no code with it, and is slow. Nothing is rounded to `f32` on
/// the way, so that differences of an `f32` program can be taken as precisely as in `f64`.
public struct ReferenceInterpreter: Sendable {
    /// The one interpreter.
    public init() {}

    /// Runs a program.
    ///
    /// - Throws: `ExecutionError` for inputs of other types than the program takes.
    public func run(_ program: Program, _ inputs: [TensorValue]) throws(ExecutionError) -> [ReferenceTensor] {
        try run(program, on: inputs.map { ReferenceTensor($0) })
    }

    /// Runs a program on numbers that its element types need not be able to hold.
    ///
    /// - Throws: `ExecutionError` for inputs of other types than the program takes.
    public func run(_ program: Program, on inputs: [ReferenceTensor]) throws(ExecutionError) -> [ReferenceTensor] {
        guard inputs.count == program.inputs.count else {
            throw .inputCount(expected: program.inputs.count, found: inputs.count)
        }
        for (port, input) in zip(program.inputs, inputs) where port.type != input.type {
            throw .input(name: port.name, expected: port.type, found: input.type)
        }
        return try evaluated(program.function, on: inputs)
    }

    /// The results of a function: each node's, in order.
    func evaluated(
        _ function: Function,
        on arguments: [ReferenceTensor]
    ) throws(ExecutionError) -> [ReferenceTensor] {
        var values = arguments
        for node in function.nodes {
            guard let primitive = node.primitive as? any ReferenceRule else {
                throw .unsupported("the primitive '\(node.primitive.name)'")
            }
            values += try primitive.evaluated(on: node.operands.map { values[$0] }, types: node.results)
        }
        return function.results.map { values[$0] }
    }
}

/// A primitive with its definition, as short as it can be said.
protocol ReferenceRule: Primitive {
    /// The results, of `types`, which is what the shape rule says of operands of these types.
    func evaluated(on operands: [ReferenceTensor], types: [TensorType]) throws(ExecutionError) -> [ReferenceTensor]
}

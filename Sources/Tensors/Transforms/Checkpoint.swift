/// Runs a function whose insides are not kept for differentiation, but computed again when it needs them.
///
/// The value is the same, bit for bit, and so are derivatives, but that the cotangents of a tensor that is used both inside
/// and outside are added in another order. A gradient keeps the inputs and the results, and each time that
/// it passes here costs one more evaluation of `function`. Checkpoints can stand inside one another: along a chain of n
/// layers, a checkpoint around each √n of them keeps about 2 √n layers' insides at a time in place of n (Chen et al. 2016,
/// Training Deep Nets with Sublinear Memory Cost).
///
/// - Parameters:
///   - inputs: At least one tensor.
///   - file: The file that errors name.
///   - line: The line that errors name.
///   - function: Any function of tensors; those that it uses without being given them are inputs, too.
/// - Returns: what `function` returns.
/// - Throws: what `function` throws.
public func checkpoint<Inputs: TensorGroup, Outputs: TensorGroup>(
    _ inputs: Inputs,
    file: StaticString = #fileID,
    line: Int = #line,
    _ function: (Inputs) throws -> Outputs
) rethrows -> Outputs {
    let arguments = inputs.tensors
    let outer = Trace.enclosing(arguments)
    let inner = Trace(parent: outer)
    let outputs = try inner.running(at: SourceLine(file, line)) {
        try function(inputs.with(arguments.map { inner.parameter($0.type) }))
    }
    guard arguments.allSatisfy(\.exists), let written = try? inner.function(returning: outputs.tensors) else {
        return outer.missing(like: outputs)
    }
    return outputs.with(outer.apply(Call(written.function), arguments + written.captures))
}

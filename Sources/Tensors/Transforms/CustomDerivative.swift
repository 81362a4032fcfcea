/// Runs a function whose gradient is the one that is given with it.
///
/// Gradients of the gradient differentiate `pullback` as it is written, and the value by `pullback` again. The rule serves
/// inside loops and in lanes, too. Forward mode through the function is a mistake (`jvp`; and `hessianVectorProduct`, where
/// the gradient depends on the value); the other form takes a rule for it.
///
/// ```swift
/// // The identity, whose gradient is cut off at ±1.
/// let y = customDerivative("clip", at: x, of: { $0 }, pullback: { dy, _, _ in minimum(maximum(dy, -one), one) })
/// ```
///
/// - Parameters:
///   - name: What mistakes call the function.
///   - inputs: At least one tensor.
///   - file: The file that errors name.
///   - line: The line that errors name.
///   - function: Any function of tensors. Tensors that it or the rule uses without being given them are constants: nothing
///     is pulled back to them.
///   - pullback: Gets the cotangents of the outputs, the inputs and the outputs, and returns the cotangents of the inputs, of
///     their types. Those of integers are zero, and ignored.
/// - Returns: what `function` returns.
/// - Throws: what the functions throw.
public func customDerivative<Inputs: TensorGroup, Outputs: TensorGroup>(
    _ name: String,
    at inputs: Inputs,
    file: StaticString = #fileID,
    line: Int = #line,
    of function: (Inputs) throws -> Outputs,
    pullback: (_ cotangents: Outputs, _ inputs: Inputs, _ outputs: Outputs) throws -> Inputs
) rethrows -> Outputs {
    var call = CustomCall(name, at: inputs, line: SourceLine(file, line))
    let outputs = try call.write(function)
    try call.write(pullback: pullback, outputs)
    return call.applied(outputs)
}

/// As the other form, for a function that forward mode can go through, too.
///
/// - Parameters:
///   - name: What mistakes call the function.
///   - inputs: At least one tensor.
///   - file: The file that errors name.
///   - line: The line that errors name.
///   - function: Any function of tensors.
///   - pullback: As in the other form.
///   - tangents: Gets the tangents of the inputs, the inputs and the outputs, and returns the tangents of the outputs, of
///     their types. Those of integers are zero, and ignored.
/// - Returns: what `function` returns.
/// - Throws: what the functions throw.
public func customDerivative<Inputs: TensorGroup, Outputs: TensorGroup>(
    _ name: String,
    at inputs: Inputs,
    file: StaticString = #fileID,
    line: Int = #line,
    of function: (Inputs) throws -> Outputs,
    pullback: (_ cotangents: Outputs, _ inputs: Inputs, _ outputs: Outputs) throws -> Inputs,
    tangents: (_ tangents: Inputs, _ inputs: Inputs, _ outputs: Outputs) throws -> Outputs
) rethrows -> Outputs {
    var call = CustomCall(name, at: inputs, line: SourceLine(file, line))
    let outputs = try call.write(function)
    try call.write(pullback: pullback, outputs)
    try call.write(tangents: tangents, outputs)
    return call.applied(outputs)
}

/// A call with rules while it is being written: the body and the rules are traced one after another, and each may capture
/// tensors of its own.
private struct CustomCall<Inputs: TensorGroup> {
    /// A function, whose parameters are the declared ones followed by the captures.
    private typealias Written = (function: Function, captures: [Tensor])

    private let name: String
    private let inputs: Inputs
    private let line: SourceLine
    private let outer: Trace
    private var body: Written?
    private var pullback: Written?
    private var tangents: Written?

    init(_ name: String, at inputs: Inputs, line: SourceLine) {
        self.name = name
        self.inputs = inputs
        self.line = line
        outer = Trace.enclosing(inputs.tensors)
    }

    mutating func write<Outputs: TensorGroup>(_ function: (Inputs) throws -> Outputs) rethrows -> Outputs {
        let trace = Trace(parent: outer)
        let outputs = try trace.running(at: line) { try function(parameters(of: inputs, in: trace)) }
        body = try? trace.function(returning: outputs.tensors)
        return outputs
    }

    mutating func write<Outputs: TensorGroup>(
        pullback rule: (Outputs, Inputs, Outputs) throws -> Inputs,
        _ outputs: Outputs
    ) rethrows {
        pullback = try rules(from: outputs, to: inputs, outputs, "pullback", rule)
    }

    mutating func write<Outputs: TensorGroup>(
        tangents rule: (Inputs, Inputs, Outputs) throws -> Outputs,
        _ outputs: Outputs
    ) rethrows {
        tangents = try rules(from: inputs, to: outputs, outputs, "tangent rule", rule)
    }

    private func parameters<Group: TensorGroup>(of group: Group, in trace: Trace) -> Group {
        group.with(group.tensors.map { trace.parameter($0.type) })
    }

    /// A rule that takes changes of one group's floating-point tensors to those of another's.
    private func rules<From: TensorGroup, To: TensorGroup, Outputs: TensorGroup>(
        from: From,
        to: To,
        _ outputs: Outputs,
        _ kind: String,
        _ rule: (From, Inputs, Outputs) throws -> To
    ) rethrows -> Written? {
        let trace = Trace(parent: outer)
        let (inputs, outputs) = (parameters(of: inputs, in: trace), parameters(of: outputs, in: trace))
        let changes = from.with(
            from.tensors.map { like in
                let parameter = like.element.isFloat ? trace.parameter(like.type) : nil
                return parameter ?? inputs.tensors[0].scalar(0, of: like.element).broadcast(to: like.shape)
            }
        )
        let found = try trace.running(at: line) {
            let found = try rule(changes, inputs, outputs).tensors
            let fits = { (pair: (Tensor, Tensor)) in !pair.0.element.isFloat || pair.0.type == pair.1.type }
            if found.count != to.tensors.count || !zip(to.tensors, found).allSatisfy(fits) {
                _ = inputs.tensors[0].invalid(
                    "customDerivative",
                    with: Array(inputs.tensors.dropFirst()),
                    because: "the \(kind) of '\(name)' returns \(found.map(\.type)) and not \(to.tensors.map(\.type))"
                )
            }
            return found
        }
        return try? trace.function(returning: zip(to.tensors, found).filter(\.0.element.isFloat).map(\.1))
    }

    /// The outputs of the call.
    func applied<Outputs: TensorGroup>(_ outputs: Outputs) -> Outputs {
        let arguments = inputs.tensors
        guard arguments.allSatisfy(\.exists), let body, let pullback, outer.error == nil else {
            return outer.missing(like: outputs)
        }
        // All functions get the inputs and all captures, of which each uses its own.
        let captures = [body.captures, pullback.captures, tangents?.captures ?? []]
        let operands = arguments + captures.joined()
        let results = body.function.resultTypes
        func widened(_ written: Written, _ place: Int) -> Function {
            let extra = Array(written.function.parameters.dropLast(written.captures.count).dropFirst(arguments.count))
            let own = arguments.count + captures.prefix(place).joined().count
            return written.function.placingParameters(
                Array(0..<arguments.count) + extra.indices.map { operands.count + $0 }
                    + written.captures.indices.map { own + $0 },
                among: operands.map(\.type) + extra
            )
        }
        let rules = Call.Rules(
            name: name,
            pullback: widened(pullback, 1),
            tangents: tangents.map { widened($0, 2) }
        )
        let found = outer.apply(Call(widened(body, 0), rules: rules), operands)
        return found.count == results.count ? outputs.with(found) : outer.missing(like: outputs)
    }
}

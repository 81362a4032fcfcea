/// Runs `body` once for each step, handing on a carry and stacking outputs.
///
/// Its gradient keeps the carry that each step starts from, and nothing that is inside the step: going back, each step runs
/// again. The form with `storingEvery` keeps fewer carries.
///
/// - Parameters:
///   - start: The carry before the first step.
///   - inputs: Tensors whose first axis counts steps; the body gets one slice of each.
///   - reversed: Whether to go from the last step to the first.
///   - file: The file that errors name.
///   - line: The line that errors name.
///   - body: Gets the carry and the step's inputs, and returns the next carry, of the same types, and the step's outputs.
/// - Returns: the last carry, and the outputs stacked on a first axis.
/// - Precondition: there is at least one input.
/// - Throws: what the body throws.
public func scan<Carry: TensorGroup, Inputs: TensorGroup, Outputs: TensorGroup>(
    _ start: Carry,
    over inputs: Inputs,
    reversed: Bool = false,
    file: StaticString = #fileID,
    line: Int = #line,
    body: (Carry, Inputs) throws -> (Carry, Outputs)
) rethrows -> (carry: Carry, outputs: Outputs) {
    try loop(start, over: inputs, reversed: reversed, until: nil, at: SourceLine(file, line), body: body)
}

/// As the other form, at most once for each step: before the first step of which the condition holds, the loop ends.
///
/// The outputs of the steps that are left are zero. Under `vmap` each lane ends by itself: its carry stays, while others
/// go on. Derivatives see the steps that were run, and no others.
///
/// - Parameters:
///   - start: The carry before the first step.
///   - inputs: Tensors whose first axis counts steps; the body gets one slice of each.
///   - reversed: Whether to go from the last step to the first.
///   - condition: Gets a carry, and returns whether to stop, `bool[]`; asked of the start and after each step.
///   - file: The file that errors name.
///   - line: The line that errors name.
///   - body: Gets the carry and the step's inputs, and returns the next carry, of the same types, and the step's outputs.
/// - Returns: the last carry, and the outputs stacked on a first axis.
/// - Precondition: there is at least one input.
/// - Throws: what the body or the condition throws.
public func scan<Carry: TensorGroup, Inputs: TensorGroup, Outputs: TensorGroup>(
    _ start: Carry,
    over inputs: Inputs,
    reversed: Bool = false,
    until condition: (Carry) throws -> Tensor,
    file: StaticString = #fileID,
    line: Int = #line,
    body: (Carry, Inputs) throws -> (Carry, Outputs)
) rethrows -> (carry: Carry, outputs: Outputs) {
    let place = SourceLine(file, line)
    let count = start.tensors.count
    let (carry, outputs) = try loop(
        asked(start, condition),
        over: inputs,
        reversed: reversed,
        until: count,
        at: place
    ) {
        let (next, outputs) = try body($0.first, $1)
        return (try asked(next, condition), outputs)
    }
    return (carry.first, outputs)
}

/// Runs `body` a number of times, with the number of the step (`i32[]`).
///
/// - Returns: the last carry, and the outputs stacked on a first axis.
/// - Precondition: the carry has at least one tensor.
/// - Throws: what the body throws.
public func scan<Carry: TensorGroup, Outputs: TensorGroup>(
    _ start: Carry,
    count: Int,
    file: StaticString = #fileID,
    line: Int = #line,
    body: (Carry, Tensor) throws -> (Carry, Outputs)
) rethrows -> (carry: Carry, outputs: Outputs) {
    guard let first = start.tensors.first else { preconditionFailure("a loop needs a carry to tell its program") }
    return try scan(start, over: first.iota(.i32, [count], axis: 0), file: file, line: line, body: body)
}

/// As `scan` at most `count` times, with the number of the step (`i32[]`): before the first step of which the condition
/// holds, the loop ends.
///
/// - Returns: the last carry, and the outputs stacked on a first axis, zero for the steps that are left.
/// - Precondition: the carry has at least one tensor.
/// - Throws: what the body or the condition throws.
public func scan<Carry: TensorGroup, Outputs: TensorGroup>(
    _ start: Carry,
    count: Int,
    until condition: (Carry) throws -> Tensor,
    file: StaticString = #fileID,
    line: Int = #line,
    body: (Carry, Tensor) throws -> (Carry, Outputs)
) rethrows -> (carry: Carry, outputs: Outputs) {
    guard let first = start.tensors.first else { preconditionFailure("a loop needs a carry to tell its program") }
    let steps = first.iota(.i32, [count], axis: 0)
    return try scan(start, over: steps, until: condition, file: file, line: line, body: body)
}

/// A carry and whether a loop ends with it.
private func asked<Carry: TensorGroup>(
    _ carry: Carry,
    _ condition: (Carry) throws -> Tensor
) rethrows -> Pair<Carry, Tensor> {
    let flag = try condition(carry)
    guard flag.type == TensorType(.bool, .scalar) else {
        return Pair(carry, flag.invalid(Scan.name, because: "ends by a truth value, bool[]"))
    }
    return Pair(carry, flag)
}

private func loop<Carry: TensorGroup, Inputs: TensorGroup, Outputs: TensorGroup>(
    _ start: Carry,
    over inputs: Inputs,
    reversed: Bool,
    until flag: Int?,
    at place: SourceLine,
    body: (Carry, Inputs) throws -> (Carry, Outputs)
) rethrows -> (carry: Carry, outputs: Outputs) {
    let starts = start.tensors
    let steps = inputs.tensors
    guard let first = steps.first else { preconditionFailure("a loop needs inputs to count its steps") }
    let length = first.rank == 0 ? 0 : first.shape[0]
    let outer = Trace.enclosing(starts + steps)
    // A loop that ends may not run at all.
    let trace = Trace(parent: outer, holdsAll: flag != nil)
    let bodyCarry = starts.map { trace.parameter($0.type) }
    let bodyInputs = steps.map {
        trace.parameter(TensorType($0.element, Shape(Array($0.shape.sizes.dropFirst()))))
    }
    let (next, outputs) = try trace.running(at: place) {
        try body(start.with(bodyCarry), inputs.with(bodyInputs))
    }
    let outputTensors = outputs.tensors
    guard (starts + steps).allSatisfy(\.exists),
        let written = try? trace.function(returning: next.tensors + outputTensors)
    else { return (outer.missing(like: start), outer.missing(like: outputs)) }
    // The body takes constants first; the trace has them last.
    let fixed = starts.count + steps.count
    let scan = Scan(
        body: written.function.movingParameters(from: fixed),
        length: length,
        constantCount: written.captures.count,
        carryCount: starts.count,
        isReverse: reversed,
        until: flag
    )
    let results = outer.located(at: place) {
        Trace.apply(scan, written.captures + starts + steps)
    }
    guard outer.error == nil else { return (outer.missing(like: start), outer.missing(like: outputs)) }
    return (next.with(Array(results.prefix(starts.count))), outputs.with(Array(results.dropFirst(starts.count))))
}

extension Trace {
    /// Where a loop or transform of tensors is traced: in the innermost body that runs, since its own body may use tensors
    /// of that one even if it is not given any.
    static func enclosing(_ tensors: [Tensor]) -> Trace {
        let innermost = innermost(of: tensors)
        guard let running = innermost.diagnosis.bodies.last, running.depth > innermost.depth else { return innermost }
        return running
    }

    /// The innermost of the traces that tensors belong to, or the body of a `vmap` or branch that runs inside of it.
    static func innermost(of tensors: [Tensor]) -> Trace {
        guard let trace = tensors.map(\.trace).max(by: { $0.depth < $1.depth }) else {
            preconditionFailure("there is no tensor to tell its program")
        }
        guard let body = trace.diagnosis.bodies.last(where: \.holdsAll), body.depth > trace.depth else { return trace }
        return body
    }
}

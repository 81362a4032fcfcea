/// A loop whose gradient keeps the carry of every so many steps only.
///
/// The steps go in segments, each of them a checkpoint: the gradient keeps the carries between segments, and while it goes
/// back through one, those inside it, so that n steps in segments of k cost n / k + k carries in place of n, and one more
/// evaluation of each step. Values and gradients are those of the plain loop, but that the cotangents of a tensor that all
/// steps share are summed segment by segment.
///
/// - Parameters:
///   - start: The carry before the first step.
///   - inputs: Tensors whose first axis counts steps; the body gets one slice of each.
///   - interval: The steps of a segment, at least 1; √n keeps the least. Steps that are left over are a segment, too.
///   - reversed: Whether to go from the last step to the first.
///   - file: The file that errors name.
///   - line: The line that errors name.
///   - body: Gets the carry and the step's inputs, and returns the next carry, of the same types, and the step's outputs. It
///     is traced twice when steps are left over.
/// - Returns: the last carry, and the outputs stacked on a first axis.
/// - Precondition: there is at least one input.
/// - Throws: what the body throws.
public func scan<Carry: TensorGroup, Inputs: TensorGroup, Outputs: TensorGroup>(
    _ start: Carry,
    over inputs: Inputs,
    storingEvery interval: Int,
    reversed: Bool = false,
    file: StaticString = #fileID,
    line: Int = #line,
    body: (Carry, Inputs) throws -> (Carry, Outputs)
) rethrows -> (carry: Carry, outputs: Outputs) {
    let steps = inputs.tensors
    guard let first = steps.first else { preconditionFailure("a loop needs inputs to count its steps") }
    let length = first.rank == 0 ? 0 : first.shape[0]
    // Inputs that do not fit are the plain loop's mistake.
    let fits = steps.allSatisfy { $0.exists && $0.shape.sizes.first == length }
    guard interval >= 1, fits else {
        if interval < 1 {
            first.trace.located(at: SourceLine(file, line)) {
                _ = first.invalid("scan", because: "cannot keep the carry of every \(interval) steps")
            }
        }
        return try scan(start, over: inputs, reversed: reversed, file: file, line: line, body: body)
    }
    let segments = length / interval
    let whole = segments * interval
    var carry = start
    var parts: [Outputs] = []
    for isWhole in reversed ? [false, true] : [true, false] {
        if isWhole, segments > 0 {
            let loop = try scan(
                carry,
                over: inputs.with(steps.map { $0.sliced(axis: 0, 0..<whole).splittingSteps(segments) }),
                reversed: reversed,
                file: file,
                line: line
            ) { try segment($0, $1, reversed, file, line, body) }
            carry = loop.carry
            parts.append(loop.outputs.with(loop.outputs.tensors.map { $0.joiningSteps() }))
        } else if !isWhole, whole < length || segments == 0 {
            let rest = inputs.with(steps.map { $0.sliced(axis: 0, whole..<length) })
            let (next, outputs) = try segment(carry, rest, reversed, file, line, body)
            carry = next
            parts.append(outputs)
        }
    }
    if reversed { parts.reverse() }
    let stacked = parts[0].tensors.indices.map { output in concatenate(parts.map { $0.tensors[output] }, axis: 0) }
    return (carry, parts[0].with(stacked))
}

/// Steps that are one checkpoint.
private func segment<Carry: TensorGroup, Inputs: TensorGroup, Outputs: TensorGroup>(
    _ start: Carry,
    _ inputs: Inputs,
    _ reversed: Bool,
    _ file: StaticString,
    _ line: Int,
    _ body: (Carry, Inputs) throws -> (Carry, Outputs)
) rethrows -> (Carry, Outputs) {
    let ends = try checkpoint(Pair(start, inputs), file: file, line: line) { given in
        let loop = try scan(given.first, over: given.second, reversed: reversed, file: file, line: line, body: body)
        return Pair(loop.carry, loop.outputs)
    }
    return (ends.first, ends.second)
}

extension Tensor {
    /// Steps as segments of steps.
    fileprivate func splittingSteps(_ segments: Int) -> Tensor {
        reshaped(Shape([segments, shape[0] / segments] + shape.sizes.dropFirst()))
    }

    /// Segments of steps as steps.
    fileprivate func joiningSteps() -> Tensor {
        exists ? reshaped(Shape([shape[0] * shape[1]] + shape.sizes.dropFirst(2))) : self
    }
}

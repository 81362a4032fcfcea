/// What one of two bodies makes of the operands: the first where the predicate holds, else the second.
///
/// Only that body is run. Under `vmap`, with a predicate that differs between lanes, each lane gets what its own body makes
/// of it. What the other body would have made, be it NaN or infinite, is in no result and in no derivative:
///
/// ```swift
/// let root = conditional(x .> 0, x) { $0.squareRoot() } else: { $0 * 0 }  // its derivative at 0 is 0
/// ```
///
/// - Parameters:
///   - predicate: `bool[]`
///   - operands: What the bodies get. They may also use tensors from outside without being given them.
///   - file: The file that errors name.
///   - line: The line that errors name.
///   - body: Runs where the predicate holds.
///   - other: Runs elsewhere, and returns tensors of the same types.
/// - Returns: the results of the body that ran.
/// - Throws: what the bodies throw.
public func conditional<Operands: TensorGroup, Results: TensorGroup>(
    _ predicate: Tensor,
    _ operands: Operands,
    file: StaticString = #fileID,
    line: Int = #line,
    then body: (Operands) throws -> Results,
    else other: (Operands) throws -> Results
) rethrows -> Results {
    let arguments = operands.tensors
    let outer = Trace.enclosing([predicate] + arguments)
    let place = SourceLine(file, line)
    guard predicate.type == TensorType(.bool, .scalar) else {
        _ = outer.located(at: place) { predicate.invalid(Conditional.name, because: "takes a truth value, bool[]") }
        return try outer.missing(like: body(operands))
    }
    func traced(_ body: (Operands) throws -> Results) rethrows -> (trace: Trace, results: Results) {
        let trace = Trace(parent: outer, holdsAll: true)
        let parameters = operands.with(arguments.map { trace.parameter($0.type) })
        return (trace, try trace.running(at: place) { try body(parameters) })
    }
    let branches = [try traced(body), try traced(other)]
    let results = branches[0].results
    var written: [(function: Function, captures: [Tensor])] = []
    for (trace, results) in branches {
        guard ([predicate] + arguments).allSatisfy(\.exists),
            let branch = try? trace.function(returning: results.tensors)
        else { return outer.missing(like: results) }
        written.append(branch)
    }
    // Both branches take what either captures.
    var captures: [Tensor] = []
    for capture in written.flatMap(\.captures) where !captures.contains(where: { $0.id == capture.id }) {
        captures.append(capture)
    }
    let types = (arguments + captures).map(\.type)
    let functions = written.map { function, own in
        let places = own.map { tensor in arguments.count + (captures.firstIndex { $0.id == tensor.id } ?? 0) }
        return function.placingParameters(Array(arguments.indices) + places, among: types)
    }
    let chosen = outer.located(at: place) {
        outer.apply(Conditional(onTrue: functions[0], onFalse: functions[1]), [predicate] + arguments + captures)
    }
    return outer.error == nil ? results.with(chosen) : outer.missing(like: results)
}

/// As the other form, of bodies that use tensors from outside only.
///
/// - Throws: what the bodies throw.
public func conditional<Results: TensorGroup>(
    _ predicate: Tensor,
    file: StaticString = #fileID,
    line: Int = #line,
    then body: () throws -> Results,
    else other: () throws -> Results
) rethrows -> Results {
    try conditional(predicate, Nothing(), file: file, line: line) { _ in
        try body()
    } else: { _ in
        try other()
    }
}

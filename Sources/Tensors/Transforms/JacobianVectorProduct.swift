extension Function {
    /// Forward-mode differentiation: writes the function and its Jacobian-vector product into the trace of its arguments.
    ///
    /// - Parameters:
    ///   - arguments: Where to evaluate, one for each parameter.
    ///   - tangents: How each argument moves; nil where it does not, as integers never do.
    /// - Returns: the results, and how each of them moves; nil where it does not.
    func pushedForward(
        at arguments: [Tensor],
        along tangents: [Tensor?]
    ) -> (results: [Tensor], tangents: [Tensor?]) {
        let trace = Trace.innermost(of: arguments + tangents.compactMap { $0 })
        var values = arguments
        var moves = zip(parameters, tangents).map { $0.element.isFloat ? $1 : nil }
        values.reserveCapacity(types.count)
        moves.reserveCapacity(types.count)
        for node in nodes {
            let operands = node.operands.map { values[$0] }
            let movements = node.operands.map { moves[$0] }
            if movements.contains(where: { $0 != nil }), node.results.contains(where: \.element.isFloat) {
                let (found, pushed) = node.primitive.results(operands, tangents: movements)
                guard trace.error == nil else { return (resultTypes.map(trace.missing), results.map { _ in nil }) }
                values += found
                moves += zip(node.results, pushed).map { $0.element.isFloat ? $1 : nil }
            } else {
                values += trace.apply(node.primitive, operands)
                moves += node.results.map { _ in nil }
            }
        }
        return (results.map { values[$0] }, results.map { moves[$0] })
    }
}

/// The value of a function, and how it moves when its argument moves: the Jacobian-vector product J v, by forward-mode
/// differentiation.
///
/// It costs about as much as two to three evaluations, whatever the number of results, and keeps nothing for later. It can
/// stand inside loops, lanes and gradients, and they inside `function`. Tensors that `function` uses without being given
/// them do not move.
///
/// - Parameters:
///   - point: Where to evaluate.
///   - tangent: How the point moves, v: tensors of its types; those of integer tensors are ignored.
///   - file: The file that errors name.
///   - line: The line that errors name.
///   - function: Any function of tensors.
/// - Returns: the value, and J v in its structure; integer tensors in it have a tangent of zero.
/// - Throws: what `function` throws.
public func jvp<Point: TensorGroup, Value: TensorGroup>(
    at point: Point,
    along tangent: Point,
    file: StaticString = #fileID,
    line: Int = #line,
    of function: (Point) throws -> Value
) rethrows -> (value: Value, tangent: Value) {
    let arguments = point.tensors
    let tangents = tangent.tensors
    let outer = Trace.enclosing(arguments + tangents)
    let inner = Trace(parent: outer)
    let value = try inner.running(at: SourceLine(file, line)) {
        if arguments.map(\.type) != tangents.map(\.type) {
            _ = arguments[0].invalid(
                "jvp",
                with: Array(arguments.dropFirst()),
                because: "the tangents \(tangents.map(\.type)) are not of the point's types"
            )
        }
        return try function(point.with(arguments.map { inner.parameter($0.type) }))
    }
    guard (arguments + tangents).allSatisfy(\.exists),
        let written = try? inner.function(returning: value.tensors)
    else { return (outer.missing(like: value), outer.missing(like: value)) }
    let (results, pushed) = outer.located(at: SourceLine(file, line)) {
        written.function.pushedForward(
            at: arguments + written.captures,
            along: tangents + written.captures.map { _ in nil }
        )
    }
    return (value.with(results), value.with(zip(results, pushed).map { $1 ?? $0.filled(0) }))
}

/// The gradient of a scalar function and its Hessian times a vector, H v, by forward over reverse mode.
///
/// It costs about as much as two gradients, and writes no matrix down. Tensors that `function` uses without being given them
/// count as constants.
///
/// - Parameters:
///   - point: Where to evaluate.
///   - tangent: v: tensors of the point's types; those of integer tensors are ignored.
///   - file: The file that errors name.
///   - line: The line that errors name.
///   - function: Returns a floating-point scalar.
/// - Returns: the gradient and H v, in the structure of `point`.
/// - Throws: what `function` throws.
public func hessianVectorProduct<Point: TensorGroup>(
    at point: Point,
    along tangent: Point,
    file: StaticString = #fileID,
    line: Int = #line,
    of function: (Point) throws -> Tensor
) rethrows -> (gradient: Point, product: Point) {
    let (gradient, product) = try jvp(at: point, along: tangent, file: file, line: line) { point in
        try Tensors.gradient(at: point, file: file, line: line, of: function)
    }
    return (gradient, product)
}

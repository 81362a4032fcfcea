extension Function {
    /// Which values depend on wanted parameters through floating-point numbers.
    private func activity(of wanted: [Bool]) -> [Bool] {
        var active = zip(parameters, wanted).map { $0.element.isFloat && $1 }
        for node in nodes {
            let depends = !(node.primitive is StopGradient) && node.operands.contains { active[$0] }
            active += node.results.map { depends && $0.element.isFloat }
        }
        return active
    }

    /// Reverse-mode differentiation: writes the function and its vector-Jacobian product into the trace of its arguments.
    ///
    /// - Parameters:
    ///   - arguments: Where to evaluate, one for each parameter.
    ///   - seeds: The cotangent of each result; nil where it is zero.
    ///   - wanted: Which parameters' cotangents are asked for.
    /// - Returns: the results, and one cotangent for each parameter; nil where it is zero or not wanted.
    func pulledBack(
        at arguments: [Tensor],
        cotangents seeds: [Tensor?],
        wanted: [Bool]
    ) -> (results: [Tensor], cotangents: [Tensor?]) {
        pulledBack(at: arguments, wanted: wanted) { _ in seeds }
    }

    func pulledBack(
        at arguments: [Tensor],
        wanted: [Bool],
        seeds: ([Tensor]) -> [Tensor?]
    ) -> (results: [Tensor], cotangents: [Tensor?]) {
        let active = activity(of: wanted)
        let trace = Trace.innermost(of: arguments)
        var values = arguments
        var residuals: [[Tensor]] = []
        let firsts = firstResults
        for (index, node) in nodes.enumerated() {
            if node.results.indices.contains(where: { active[firsts[index] + $0] }) {
                let (results, kept) = node.primitive.augmentedResults(node.operands.map { values[$0] })
                values += results
                residuals.append(kept)
            } else {
                values += trace.apply(node.primitive, node.operands.map { values[$0] })
                residuals.append([])
            }
            guard trace.error == nil else { return (resultTypes.map(trace.missing), parameters.map { _ in nil }) }
        }
        let outputs = results.map { values[$0] }
        var cotangents = [Tensor?](repeating: nil, count: types.count)
        func add(_ cotangent: Tensor?, to value: Int) {
            guard active[value], let cotangent else { return }
            cotangents[value] = cotangents[value].map { $0 + cotangent } ?? cotangent
        }
        for (result, seed) in zip(results, seeds(outputs)) { add(seed, to: result) }
        for index in nodes.indices.reversed() {
            let node = nodes[index]
            let range = firsts[index]..<(firsts[index] + node.results.count)
            guard cotangents[range].contains(where: { $0 != nil }) else { continue }
            let pulled = node.primitive.pulledBack(
                Array(cotangents[range]),
                operands: node.operands.map { values[$0] },
                results: Array(values[range]),
                residuals: residuals[index],
                wanted: node.operands.map { active[$0] }
            )
            guard trace.error == nil else { return (outputs, parameters.map { _ in nil }) }
            for (operand, cotangent) in zip(node.operands, pulled) { add(cotangent, to: operand) }
        }
        return (outputs, (0..<parameters.count).map { cotangents[$0] })
    }
}

/// The value of a scalar function and its gradient, by reverse-mode differentiation.
///
/// Gradients of gradients need nothing special: call this inside `function`. Tensors that `function` uses without being
/// given them count as constants.
///
/// - Parameters:
///   - point: Where to evaluate; integer tensors in it get a zero gradient.
///   - file: The file that errors name.
///   - line: The line that errors name.
///   - function: Returns a floating-point scalar.
/// - Returns: the value, and the gradient in the structure of `point`.
/// - Throws: what `function` throws.
public func valueAndGradient<Point: TensorGroup>(
    at point: Point,
    file: StaticString = #fileID,
    line: Int = #line,
    of function: (Point) throws -> Tensor
) rethrows -> (value: Tensor, gradient: Point) {
    let (value, _, gradient) = try valueAndGradient(at: point, file: file, line: line) {
        (try function($0), Nothing())
    }
    return (value, gradient)
}

/// As the other form, for a function that also returns something that is not differentiated.
///
/// - Throws: what `function` throws.
public func valueAndGradient<Point: TensorGroup, Extra: TensorGroup>(
    at point: Point,
    file: StaticString = #fileID,
    line: Int = #line,
    of function: (Point) throws -> (Tensor, Extra)
) rethrows -> (value: Tensor, extra: Extra, gradient: Point) {
    let arguments = point.tensors
    let outer = Trace.enclosing(arguments)
    let inner = Trace(parent: outer)
    let (value, extra) = try inner.running(at: SourceLine(file, line)) {
        let (value, extra) = try function(point.with(arguments.map { inner.parameter($0.type) }))
        let isDifferentiable = value.shape == .scalar && value.element.isFloat
        return (
            isDifferentiable ? value : value.invalid("gradient", because: "is taken of a floating-point scalar"), extra
        )
    }
    guard arguments.allSatisfy(\.exists), let written = try? inner.function(returning: [value] + extra.tensors) else {
        return (outer.missing(like: value), outer.missing(like: extra), outer.missing(like: point))
    }
    let wanted = arguments.map { _ in true } + written.captures.map { _ in false }
    let (results, cotangents) = written.function.pulledBack(at: arguments + written.captures, wanted: wanted) {
        [$0[0].filled(1)] + extra.tensors.map { _ in nil }
    }
    let gradient = zip(arguments, cotangents).map { $1 ?? $0.filled(0) }
    return (results[0], extra.with(Array(results.dropFirst())), point.with(gradient))
}

/// The gradient of a scalar function, in the structure of `point`.
///
/// - Throws: what `function` throws.
public func gradient<Point: TensorGroup>(
    at point: Point,
    file: StaticString = #fileID,
    line: Int = #line,
    of function: (Point) throws -> Tensor
) rethrows -> Point {
    try valueAndGradient(at: point, file: file, line: line, of: function).gradient
}

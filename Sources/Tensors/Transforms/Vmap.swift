extension Function {
    /// Writes the function for every lane at once into the trace of its arguments. What no lane changes stays shared.
    ///
    /// - Parameters:
    ///   - arguments: One for each parameter.
    ///   - lanes: The number of lanes.
    ///   - trace: Where to write; the innermost of the arguments' if left out.
    /// - Returns: the results there.
    func batched(on arguments: [Batched], lanes: Int, in trace: Trace? = nil) -> [Batched] {
        let trace = trace ?? Trace.innermost(of: arguments.map(\.tensor))
        var values = arguments
        for node in nodes {
            let operands = node.operands.map { values[$0] }
            if operands.contains(where: \.hasLanes) {
                values += node.primitive.batched(operands, lanes: lanes)
            } else {
                // As far out as its operands are: in a loop's body, what does not depend on its steps is not repeated.
                let tensors = operands.map(\.tensor)
                let results = tensors.isEmpty ? trace.apply(node.primitive, []) : Trace.apply(node.primitive, tensors)
                values += results.map { Batched($0, hasLanes: false) }
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
///   - inputs: Tensors of which at least one has lanes, as many in each that has.
///   - axes: The axis that counts lanes, for each of the inputs' tensors in turn, counted from the end if negative; nil for
///     a tensor that all lanes share. If left out, it is the first axis of each.
///   - resultAxis: The axis of the lanes in each result, counted from its end if negative.
///   - file: The file that errors name.
///   - line: The line that errors name.
///   - function: Gets the tensors of one lane, without that axis. Tensors that it uses without being given them are shared
///     by all lanes, and what is computed from shared ones alone is computed once.
/// - Returns: the results with lanes on a new axis.
/// - Throws: what `function` throws.
public func vmap<Inputs: TensorGroup, Outputs: TensorGroup>(
    _ inputs: Inputs,
    axes: [Int?]? = nil,
    resultAxis: Int = 0,
    file: StaticString = #fileID,
    line: Int = #line,
    _ function: (Inputs) throws -> Outputs
) rethrows -> Outputs {
    let given = inputs.tensors
    let axes = axes ?? given.map { _ in 0 }
    let outer = Trace.enclosing(given)
    let inner = Trace(parent: outer, holdsAll: true)
    let places = zip(given, axes).map { tensor, axis in axis.map(tensor.axis) }
    let sizes = zip(given, places).compactMap { tensor, place in
        place.map { tensor.shape.sizes.indices.contains($0) ? tensor.shape[$0] : -1 }
    }
    let lanes = sizes.first ?? -1
    let isRight = axes.count == given.count && lanes >= 0 && sizes.allSatisfy { $0 == lanes }
    let outputs = try inner.running(at: SourceLine(file, line)) {
        if !isRight {
            let isFirst = axes.count == given.count && axes.allSatisfy { $0 == 0 }
            let axis =
                isFirst ? "first axis" : "axes [\(axes.map { $0.map(String.init) ?? "nil" }.joined(separator: ", "))]"
            _ = given[0].invalid(
                "vmap",
                with: Array(given.dropFirst()),
                because: "the inputs must have as many lanes on their \(axis)"
            )
        }
        let own = given.indices.map { index in
            guard places.indices.contains(index), let place = places[index] else { return given[index] }
            var sizes = given[index].shape.sizes
            if sizes.indices.contains(place) { sizes.remove(at: place) }
            return inner.parameter(TensorType(given[index].element, Shape(sizes)))
        }
        let outputs = try function(inputs.with(own))
        for output in outputs.tensors where !(-output.rank - 1...output.rank).contains(resultAxis) {
            _ = output.invalid(
                "vmap",
                because: "a result of \(output.rank) axes cannot have lanes on axis \(resultAxis)"
            )
        }
        return outputs
    }
    guard given.allSatisfy(\.exists), let written = try? inner.function(returning: outputs.tensors) else {
        return outer.missing(like: outputs)
    }
    let function = inner.hasLanes ? written.function : written.function.rewrittenBeforeHashing()
    outer.noteLanes()
    let arguments = zip(given, places).compactMap { tensor, place in
        place.map { Batched(tensor.moving(axis: $0, to: 0), hasLanes: true) }
    }
    let batched = function.batched(
        on: arguments + written.captures.map { Batched($0, hasLanes: false) },
        lanes: lanes
    )
    return outputs.with(
        batched.map { result in
            let stacked = result.spread(over: lanes)
            return stacked.moving(axis: 0, to: stacked.axis(resultAxis))
        }
    )
}

extension Tensor {
    /// One axis at another place, the others in their order.
    fileprivate func moving(axis: Int, to place: Int) -> Tensor {
        guard exists else { return self }
        var order = (0..<rank).filter { $0 != axis }
        order.insert(axis, at: place)
        return transposed(order)
    }
}

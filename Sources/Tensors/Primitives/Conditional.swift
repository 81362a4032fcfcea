/// One of two functions of the same operands: the first where the predicate holds, else the second. (StableHLO `if`; in
/// lanes, a `select` of both)
///
/// Operands: a predicate `bool[lanes…]`, then what the branches take. Most predicates are a single truth value, `bool[]`,
/// and the operands are those of the branches. Under `vmap` a predicate gets axes of lanes: each lane then has the branch
/// of its own truth value, an operand among `laned` has the same axes in front and each lane sees its slice, and every
/// other operand is seen whole by all. Results: those of the branch, with the axes of the lanes in front.
///
/// What the branch that is not taken would have computed is in no result and in no derivative, not even as the NaN of
/// 0 · ∞: the derivative of a conditional is a conditional of the derivatives, lane by lane, and what lanes share gets the
/// sum over lanes of what was chosen.
package struct Conditional: HigherOrder {
    package static let name = "conditional"
    /// What is computed where the predicate holds.
    package let onTrue: Function
    /// What is computed elsewhere: of the same parameters and results.
    package let onFalse: Function
    /// Which of the branches' operands have lanes, in ascending order; none when the predicate has none.
    package let laned: [Int]

    package init(onTrue: Function, onFalse: Function, laned: [Int] = []) {
        self.onTrue = onTrue
        self.onFalse = onFalse
        self.laned = laned
    }

    private static let names = ["laned", "true_branch", "false_branch"]

    package var attributes: [Attribute] {
        [
            Attribute(Self.names[0], laned), Attribute(Self.names[1], .function(onTrue)),
            Attribute(Self.names[2], .function(onFalse)),
        ]
    }

    package init(attributes: [Attribute]) throws(ProgramError) {
        let reader = try AttributeReader(attributes, of: Self.name, named: Self.names)
        self.init(
            onTrue: try reader.function(Self.names[1]),
            onFalse: try reader.function(Self.names[2]),
            laned: try reader.sizes(Self.names[0])
        )
    }

    package func resultTypes(of operands: [TensorType]) throws(ShapeError) -> [TensorType] {
        guard let predicate = operands.first, predicate.element == .bool else {
            throw ShapeError(Self.name, operands, "takes a predicate (bool) and what the branches take")
        }
        guard onTrue.parameters == onFalse.parameters, onTrue.resultTypes == onFalse.resultTypes else {
            throw ShapeError(
                Self.name,
                operands,
                "the branches differ: \(Self.signature(of: onTrue)) and \(Self.signature(of: onFalse))"
            )
        }
        guard zip(laned, laned.dropFirst()).allSatisfy(<), laned.allSatisfy((0..<(operands.count - 1)).contains),
            predicate.shape.rank > 0 || laned.isEmpty
        else {
            throw ShapeError(Self.name, operands, "the operands \(laned) cannot be those that have lanes")
        }
        guard operands.count - 1 == onTrue.parameters.count else {
            throw ShapeError(Self.name, operands, "the branches take \(onTrue.parameters.count) operands")
        }
        for (index, type) in onTrue.parameters.enumerated() {
            let expected = laned.contains(index) ? type.inLanes(predicate.shape) : type
            guard operands[index + 1] == expected else {
                throw ShapeError(Self.name, operands, "operand \(index + 1) does not fit the branches' \(expected)")
            }
        }
        return onTrue.resultTypes.map { $0.inLanes(predicate.shape) }
    }

    private static func signature(of branch: Function) -> String {
        let lists = [branch.parameters, branch.resultTypes].map { $0.map(\.description).joined(separator: ", ") }
        return "(\(lists[0])) → (\(lists[1]))"
    }

    /// The conditional itself: its pullback runs a branch again.
    package func augmented(_ operands: [Tensor]) -> (results: [Tensor], residuals: [Tensor]) {
        (Trace.apply(self, operands), [])
    }

    /// The conditional of the branches' pullbacks, each of which runs its branch again first.
    package func pullback(
        _ cotangents: [Tensor?],
        operands: [Tensor],
        results: [Tensor],
        residuals: [Tensor],
        wanted: [Bool]
    ) -> [Tensor?] {
        let wanted = zip(onTrue.parameters, wanted.dropFirst()).map { $0.element.isFloat && $1 }
        let seeded = results.indices.filter { cotangents[$0] != nil }
        let seeds = cotangents.compactMap { $0 }
        let none = operands.map { _ -> Tensor? in nil }
        guard wanted.contains(true), !seeds.isEmpty else { return none }
        let branches = traced(beside: operands + seeds) { branch, trace in
            let parameters = branch.parameters.map(trace.parameter)
            var own = results.map { _ -> Tensor? in nil }
            for index in seeded { own[index] = trace.parameter(branch.resultTypes[index]) }
            let pulled = branch.pulledBack(at: parameters, cotangents: own, wanted: wanted).cotangents
            return zip(parameters, zip(pulled, wanted)).map { ($0, $1.1 ? $1.0 : nil) }
        }
        let lanes = operands[0].rank
        let more = lanes > 0 ? seeds.indices.map { wanted.count + $0 } : []
        guard let (conditional, found) = joined(branches, laned: laned + more) else { return none }
        var pulled = none
        for (index, cotangent) in zip(found, Trace.apply(conditional, operands + seeds)) {
            let isShared = lanes > 0 && !laned.contains(index)
            pulled[index + 1] = isShared ? cotangent.sum(over: Array(0..<lanes)) : cotangent
        }
        return pulled
    }

    /// The conditional of the branches with their tangents.
    package func pushedForward(
        _ tangents: [Tensor?],
        operands: [Tensor]
    ) -> (results: [Tensor], tangents: [Tensor?]) {
        let moving = onTrue.parameters.indices.filter {
            tangents[$0 + 1] != nil && onTrue.parameters[$0].element.isFloat
        }
        let movements = moving.compactMap { tangents[$0 + 1] }
        let still = onTrue.results.map { _ -> Tensor? in nil }
        guard !moving.isEmpty else { return (Trace.apply(self, operands), still) }
        let branches = traced(beside: operands + movements) { branch, trace in
            let parameters = branch.parameters.map(trace.parameter)
            var own = parameters.map { _ -> Tensor? in nil }
            for index in moving { own[index] = trace.parameter(branch.parameters[index]) }
            let pushed = branch.pushedForward(at: parameters, along: own)
            return pushed.results.map { ($0, $0) } + zip(pushed.results, pushed.tangents)
        }
        let more = moving.enumerated().filter { laned.contains($0.element) }.map { onTrue.parameters.count + $0.offset }
        guard let (conditional, found) = joined(branches, laned: laned + more) else {
            return (Trace.apply(self, operands), still)
        }
        let (applied, count) = (Trace.apply(conditional, operands + movements), onTrue.results.count)
        guard applied.count == found.count else { return (Array(applied.prefix(1)), still) }
        var pushed = still
        for (place, tangent) in zip(found, applied).dropFirst(count) { pushed[place - count] = tangent }
        return (Array(applied.prefix(count)), pushed)
    }

    /// What is made of each branch in a trace of its own: tensors that stand for their types, and those to return in their
    /// place; nil for zeros.
    private func traced(
        beside operands: [Tensor],
        _ body: (Function, Trace) -> [(like: Tensor, result: Tensor?)]
    ) -> [(trace: Trace, results: [(like: Tensor, result: Tensor?)])] {
        functions.map { branch in
            let trace = Trace(parent: Trace.innermost(of: operands))
            return (trace, body(branch, trace))
        }
    }

    /// The conditional that returns what is not zero in either branch, and the places of that; nil after a mistake, or if
    /// there is nothing.
    private func joined(
        _ branches: [(trace: Trace, results: [(like: Tensor, result: Tensor?)])],
        laned: [Int]
    ) -> (conditional: Conditional, found: [Int])? {
        let found = branches[0].results.indices.filter { index in
            branches.contains { $0.results[index].result != nil }
        }
        guard !found.isEmpty else { return nil }
        var written: [Function] = []
        for (trace, results) in branches {
            let returned = found.map { results[$0].result ?? results[$0].like.filled(0) }
            guard let (function, captures) = try? trace.function(returning: returned) else { return nil }
            precondition(captures.isEmpty, "a branch's derivative refers to nothing outside it")
            written.append(function)
        }
        return (Conditional(onTrue: written[0], onFalse: written[1], laned: laned), found)
    }

    /// With a predicate that lanes share, the same of branches for all lanes at once; else a predicate with more lanes.
    package func batched(_ operands: [Batched], lanes: Int) -> [Batched] {
        let predicate = operands[0].tensor
        guard operands[0].hasLanes || !predicate.type.shape.sizes.isEmpty else {
            return sharing(predicate, Array(operands.dropFirst()), lanes: lanes)
        }
        let known = operands[0].spread(over: lanes)
        var (arguments, more) = ([known], [Int]())
        for (index, operand) in operands.dropFirst().enumerated() {
            guard operand.hasLanes || laned.contains(index) else {
                arguments.append(operand.tensor)
                continue
            }
            more.append(index)
            guard !laned.contains(index) else {
                arguments.append(operand.spread(over: lanes))
                continue
            }
            // Between the new axis and its own lie those of the lanes that shared it.
            let own = onTrue.parameters[index].shape
            let axes = [0] + (0..<own.rank).map { known.rank + $0 }
            arguments.append(operand.tensor.broadcast(to: Shape(known.shape.sizes + own.sizes), axes: axes))
        }
        let conditional = Conditional(onTrue: onTrue, onFalse: onFalse, laned: more)
        return Trace.apply(conditional, arguments).map { Batched($0, hasLanes: true) }
    }

    private func sharing(_ predicate: Tensor, _ operands: [Batched], lanes: Int) -> [Batched] {
        let outer = Trace.innermost(of: operands.map(\.tensor))
        var branches: [(trace: Trace, results: [Batched])] = []
        for branch in [onTrue, onFalse] {
            let trace = Trace(parent: outer)
            let parameters = operands.map { Batched(trace.parameter($0.tensor.type), hasLanes: $0.hasLanes) }
            branches.append((trace, branch.batched(on: parameters, lanes: lanes)))
        }
        let hasLanes = onTrue.results.indices.map { index in branches.contains { $0.results[index].hasLanes } }
        var functions: [Function] = []
        for (trace, results) in branches {
            let spread = zip(results, hasLanes).map { $1 ? $0.spread(over: lanes) : $0.tensor }
            guard let written = try? trace.function(returning: spread) else {
                return onTrue.results.map { _ in Batched(operands[0].tensor, hasLanes: true) }
            }
            functions.append(written.function)
        }
        let conditional = Conditional(onTrue: functions[0], onFalse: functions[1])
        return zip(Trace.apply(conditional, [predicate] + operands.map(\.tensor)), hasLanes).map(Batched.init)
    }

    /// A function of the same operands that computes both branches for all lanes at once and selects, of the same bits.
    ///
    /// - Returns: nil for a predicate without lanes, and when it would need more than so many nodes or a tensor that no
    ///   program can have.
    package func selection(of predicate: Shape, nodeLimit: Int) -> Function? {
        guard predicate.rank > 0 else { return nil }
        let lanes = predicate.count
        let trace = Trace(from: SourceLine(#fileID, #line), stepLimit: nodeLimit)
        let condition = trace.parameter(TensorType(.bool, predicate))
        let operands = onTrue.parameters.enumerated().map { index, type in
            guard laned.contains(index) else { return Batched(trace.parameter(type), hasLanes: false) }
            let tensor = trace.parameter(type.inLanes(predicate))
            return Batched(tensor.reshaped(type.inLanes([lanes]).shape), hasLanes: true)
        }
        let branches = [onTrue, onFalse].map { $0.batched(on: operands, lanes: lanes, in: trace) }
        guard trace.error == nil else { return nil }
        let results = zip(branches[0], branches[1]).map { a, b in
            let (a, b) = (a.spread(over: lanes), b.spread(over: lanes))
            guard a.exists, b.exists else { return a }
            let whole = Shape(predicate.sizes + a.shape.sizes.dropFirst())
            let chosen = condition.broadcast(to: whole, axes: Array(0..<predicate.rank))
            return select(chosen, a.reshaped(whole), b.reshaped(whole))
        }
        return try? trace.function(returning: results).function
    }
}

extension TensorType {
    /// The type of one such tensor for each lane.
    fileprivate func inLanes(_ lanes: Shape) -> TensorType { TensorType(element, Shape(lanes.sizes + shape.sizes)) }
}

/// A function applied as one operation: the body's results on the operands. (StableHLO `composite`)
///
/// It is there for its derivative, which is either that of the body, computed from the operands alone so that nothing inside
/// is kept (a checkpoint), or one that the user gave.
package struct Call: HigherOrder {
    /// The derivative that a user gave for the body.
    ///
    /// Its functions treat the first floating-point operands as variables, as many as the pullback has results, and all
    /// others as constants.
    package struct Rules: Hashable, Sendable {
        /// What mistakes call the body.
        package var name: String
        /// From the operands, the results, and the cotangents of the floating-point results to those of the variables.
        package var pullback: Function
        /// From the operands, the results, and the tangents of the variables to those of the floating-point results.
        package var tangents: Function?

        /// The derivative of the function of this name.
        package init(name: String, pullback: Function, tangents: Function?) {
            self.name = name
            self.pullback = pullback
            self.tangents = tangents
        }
    }

    package static let name = "call"
    package let body: Function
    /// The user's derivative; nil at a checkpoint.
    package let rules: Rules?

    /// A checkpoint, or with rules a function with a derivative of its own.
    package init(_ body: Function, rules: Rules? = nil) {
        self.body = body
        self.rules = rules
    }

    package var attributes: [Attribute] {
        var attributes = [Attribute("body", .function(body))]
        guard let rules else { return attributes }
        attributes.append(Attribute("name", .bytes(Array(rules.name.utf8))))
        attributes.append(Attribute("pullback", .function(rules.pullback)))
        if let tangents = rules.tangents { attributes.append(Attribute("tangents", .function(tangents))) }
        return attributes
    }

    package init(attributes: [Attribute]) throws(ProgramError) {
        let names = ["body", "name", "pullback", "tangents"]
        let count = attributes.count < 2 ? 1 : attributes.count < 4 ? 3 : 4
        let reader = try AttributeReader(attributes, of: Self.name, named: Array(names.prefix(count)))
        body = try reader.function("body")
        guard count > 1 else {
            rules = nil
            return
        }
        guard let name = String(validating: try reader.bytes("name"), as: UTF8.self) else {
            throw .attribute(primitive: Self.name, "'name' must be UTF-8")
        }
        rules = Rules(
            name: name,
            pullback: try reader.function("pullback"),
            tangents: count == 4 ? try reader.function("tangents") : nil
        )
    }

    package func resultTypes(of operands: [TensorType]) throws(ShapeError) -> [TensorType] {
        guard operands == body.parameters else {
            throw ShapeError(Self.name, operands, "the body takes \(body.parameters)")
        }
        let results = body.resultTypes
        guard let rules else { return results }
        let (values, floats) = (operands + results, results.filter(\.element.isFloat))
        let variables = Array(operands.filter(\.element.isFloat).prefix(rules.pullback.results.count))
        guard rules.pullback.parameters == values + floats, rules.pullback.resultTypes == variables else {
            throw ShapeError(Self.name, operands, "the pullback of '\(rules.name)' does not fit the body")
        }
        if let tangents = rules.tangents {
            guard tangents.parameters == values + variables, tangents.resultTypes == floats else {
                throw ShapeError(Self.name, operands, "the tangents of '\(rules.name)' do not fit the body")
            }
        }
        return results
    }

    /// Nothing is kept but operands and results.
    package func augmented(_ operands: [Tensor]) -> (results: [Tensor], residuals: [Tensor]) {
        (Trace.apply(self, operands), [])
    }

    /// A checkpoint's is a checkpoint that runs the body again, out of reach of what shares equal nodes.
    package func pullback(
        _ cotangents: [Tensor?],
        operands: [Tensor],
        results: [Tensor],
        residuals: [Tensor],
        wanted: [Bool]
    ) -> [Tensor?] {
        if let rules {
            let seeds = zip(results, cotangents).filter(\.0.element.isFloat).map { $1 ?? $0.filled(0) }
            var pulled = rules.pullback.inlined(on: operands + results + seeds)[...]
            return operands.map { $0.element.isFloat ? pulled.popFirst() : nil }
        }
        let trace = Trace(parent: results[0].trace)
        let parameters = operands.map { trace.parameter($0.type) }
        let seeds = cotangents.map { cotangent in cotangent.map { trace.parameter($0.type) } }
        let pulled = body.pulledBack(at: parameters, cotangents: seeds, wanted: wanted).cotangents
        guard let written = try? trace.function(returning: pulled.compactMap { $0 }) else {
            return pulled.map { _ in nil }
        }
        guard !written.function.results.isEmpty else { return pulled }
        var found = Trace.apply(Call(written.function), operands + cotangents.compactMap { $0 })[...]
        return pulled.map { $0 == nil ? nil : found.popFirst() }
    }

    /// A checkpoint's is one that returns its results and their tangents.
    package func pushedForward(
        _ tangents: [Tensor?],
        operands: [Tensor]
    ) -> (results: [Tensor], tangents: [Tensor?]) {
        if let rules {
            let results = Trace.apply(self, operands)
            let floats = zip(operands, tangents).filter(\.0.element.isFloat).prefix(rules.pullback.results.count)
            guard floats.contains(where: { $1 != nil }) else { return (results, results.map { _ in nil }) }
            guard let rule = rules.tangents else {
                let what = "'\(rules.name)' has no tangent rule, which forward-mode differentiation needs"
                return (
                    [operands[0].invalid("customDerivative", with: Array(operands.dropFirst()), because: what)], [nil]
                )
            }
            var pushed = rule.inlined(on: operands + results + floats.map { $1 ?? $0.filled(0) })[...]
            return (results, results.map { $0.element.isFloat ? pushed.popFirst() : nil })
        }
        let trace = Trace(parent: Trace.innermost(of: operands + tangents.compactMap { $0 }))
        let parameters = operands.map { trace.parameter($0.type) }
        let moves = tangents.map { tangent in tangent.map { trace.parameter($0.type) } }
        let next = body.pushedForward(at: parameters, along: moves)
        let none = (body.resultTypes.map(trace.missing), body.results.map { _ in nil as Tensor? })
        guard let written = try? trace.function(returning: next.results + next.tangents.compactMap { $0 }) else {
            return none
        }
        let found = Trace.apply(Call(written.function), operands + tangents.compactMap { $0 })
        guard trace.error == nil else { return none }
        var pushed = found.dropFirst(next.results.count)
        return (Array(found.prefix(next.results.count)), next.tangents.map { $0 == nil ? nil : pushed.popFirst() })
    }

    /// The functions of all lanes at once. Results of a checkpoint that no lane changes stay shared; with rules all have
    /// lanes, and a variable that lanes share gets the sum of what they pull back.
    package func batched(_ operands: [Batched], lanes: Int) -> [Batched] {
        let parent = Trace.innermost(of: operands.map(\.tensor))
        let hasLanes = operands.map(\.hasLanes)
        var resultsHaveLanes = body.results.map { _ in true }
        let body = body.batched(hasLanes, lanes: lanes, in: parent) { results in
            if rules == nil { resultsHaveLanes = results.map(\.hasLanes) }
            return zip(results, resultsHaveLanes).map { $1 ? $0.spread(over: lanes) : $0.tensor }
        }
        let batchedRules = rules.map { rules in
            let variables = operands.filter(\.tensor.element.isFloat).prefix(rules.pullback.results.count).map(
                \.hasLanes
            )
            let floats = self.body.resultTypes.filter(\.element.isFloat).map { _ in true }
            return Rules(
                name: rules.name,
                pullback: rules.pullback.batched(hasLanes + resultsHaveLanes + floats, lanes: lanes, in: parent) {
                    pulled in
                    zip(pulled, variables).map { $1 ? $0.spread(over: lanes) : $0.spread(over: lanes).sum(over: [0]) }
                },
                tangents: rules.tangents?.batched(hasLanes + resultsHaveLanes + variables, lanes: lanes, in: parent) {
                    $0.map { $0.spread(over: lanes) }
                }
            )
        }
        guard parent.error == nil else {
            return self.body.resultTypes.map { Batched(parent.missing($0), hasLanes: true) }
        }
        return zip(Trace.apply(Call(body, rules: batchedRules), operands.map(\.tensor)), resultsHaveLanes)
            .map { Batched($0, hasLanes: $1) }
    }
}

extension Function {
    /// The function of all lanes at once: the parameters that have lanes get a new first axis.
    ///
    /// - Returns: what was written; after a mistake the function itself.
    fileprivate func batched(
        _ hasLanes: [Bool],
        lanes: Int,
        in parent: Trace,
        _ finish: ([Batched]) -> [Tensor]
    ) -> Function {
        let trace = Trace(parent: parent)
        let arguments = zip(parameters, hasLanes).map { type, has in
            let shape = has ? Shape([lanes] + type.shape.sizes) : type.shape
            return Batched(trace.parameter(TensorType(type.element, shape)), hasLanes: has)
        }
        let results = arguments.isEmpty ? [] : finish(batched(on: arguments, lanes: lanes))
        return (try? trace.function(returning: results).function) ?? self
    }
}

/// A loop with a carry, per-step inputs and stacked outputs. (in place of StableHLO's `while`)
///
/// Operands: constants, the carry's start, and inputs with `length` on their first axis. The body takes the constants, the
/// carry and one slice of each input, and returns the next carry and one slice of each output. Results: the last carry,
/// then the outputs, stacked on a first axis. In reverse, inputs are taken and outputs put from the last to the first.
///
/// One of the carries, `until`, may be a flag of truth values: once all of them are set, before a step, no step is run any
/// more: the carry stays as it is, and the outputs of the steps left are zero. A flag is a single truth value, `bool[]`,
/// until `vmap` makes it one for each lane; from then on a conditional in the body keeps the carry of each lane whose flag
/// is set, and makes its outputs zero.
package struct Scan: HigherOrder {
    package static let name = "scan"
    package let body: Function
    package let length: Int
    package let constantCount: Int
    package let carryCount: Int
    package let isReverse: Bool
    /// Which of the carries ends the loop; nil when all steps are run.
    package let until: Int?

    package init(
        body: Function,
        length: Int,
        constantCount: Int,
        carryCount: Int,
        isReverse: Bool,
        until: Int? = nil
    ) {
        self.body = body
        self.length = length
        self.constantCount = constantCount
        self.carryCount = carryCount
        self.isReverse = isReverse
        self.until = until
    }

    /// Those of a loop without a flag do not name one.
    package var attributes: [Attribute] {
        [
            Attribute("length", length), Attribute("constants", constantCount), Attribute("carries", carryCount),
            Attribute("reverse", isReverse ? 1 : 0),
        ] + (until.map { [Attribute("until", $0)] } ?? []) + [Attribute("body", .function(body))]
    }

    package init(attributes: [Attribute]) throws(ProgramError) {
        let hasFlag = attributes.contains { $0.name == "until" }
        let reader = try AttributeReader(
            attributes,
            of: Self.name,
            named: ["length", "constants", "carries", "reverse"] + (hasFlag ? ["until"] : []) + ["body"]
        )
        length = try reader.integer("length", in: 0...(1 << 40))
        constantCount = try reader.integer("constants", in: 0...(1 << 20))
        carryCount = try reader.integer("carries", in: 0...(1 << 20))
        isReverse = try reader.integer("reverse", in: 0...1) == 1
        until = hasFlag ? try reader.integer("until", in: 0...(1 << 20)) : nil
        body = try reader.function("body")
    }

    package func resultTypes(of operands: [TensorType]) throws(ShapeError) -> [TensorType] {
        let fixed = constantCount + carryCount
        guard operands.count == body.parameters.count, operands.count >= fixed, body.results.count >= carryCount else {
            throw ShapeError(
                Self.name,
                operands,
                "the body takes \(body.parameters.count) and returns \(body.results.count) values, which does not fit "
                    + "\(constantCount) constants and \(carryCount) carries"
            )
        }
        for (index, operand) in operands.enumerated() {
            let expected = body.parameters[index]
            let found =
                index < fixed
                ? operand
                : operand.shape.sizes.first == length
                    ? TensorType(operand.element, Shape(Array(operand.shape.sizes.dropFirst()))) : nil
            guard found == expected else {
                throw ShapeError(
                    Self.name,
                    operands,
                    "operand \(index) does not fit the body's \(expected) over \(length) steps"
                )
            }
        }
        let results = body.resultTypes
        for index in 0..<carryCount where results[index] != operands[constantCount + index] {
            throw ShapeError(
                Self.name,
                operands,
                "carry \(index) starts as \(operands[constantCount + index]) and goes on as \(results[index])"
            )
        }
        if let until {
            guard until < carryCount, results[until].element == .bool else {
                throw ShapeError(Self.name, operands, "carry \(until) is no flag (bool) that could end the loop")
            }
        }
        var types = Array(results.prefix(carryCount))
        for output in results.dropFirst(carryCount) {
            types.append(TensorType(output.element, Shape([length] + output.shape.sizes)))
        }
        return types
    }

    /// The same loop, each of whose steps asks the flag itself, so that it no longer matters who runs them.
    ///
    /// - Parameter isEnding: Whether the loop still ends with its flag.
    /// - Returns: a loop of the same operands and results.
    private func asking(isEnding: Bool) -> Scan {
        guard let until else { return self }
        let trace = Trace(from: SourceLine(#fileID, #line))
        let parameters = body.parameters.map(trace.parameter)
        let flag = parameters[constantCount + until]
        // One for all truth values of the flag.
        let isSet = flag.rank == 0 ? flag : flag.converted(to: .u8).minimum() .> 0
        let kept = Trace(from: SourceLine(#fileID, #line))
        let keptParameters = body.parameters.map(kept.parameter)
        let zeros = body.resultTypes.dropFirst(carryCount).map { type in
            keptParameters[0].zero(of: type.element).broadcast(to: type.shape)
        }
        let carries = Array(keptParameters[constantCount..<(constantCount + carryCount)])
        guard let frozen = try? kept.function(returning: carries + zeros).function else { return self }
        let step = Trace.apply(Conditional(onTrue: frozen, onFalse: body), [isSet] + parameters)
        guard let written = try? trace.function(returning: step).function else { return self }
        return Scan(
            body: written,
            length: length,
            constantCount: constantCount,
            carryCount: carryCount,
            isReverse: isReverse,
            until: isEnding ? until : nil
        )
    }

    /// The loop again, which also stacks the carry that each step starts from: what its derivative needs.
    ///
    /// All its steps are run, those after the flag is set as steps that keep the carry.
    package func augmented(_ operands: [Tensor]) -> (results: [Tensor], residuals: [Tensor]) {
        guard until == nil else { return asking(isEnding: false).augmented(operands) }
        let trace = Trace(parent: Trace.innermost(of: operands))
        let parameters = body.parameters.map(trace.parameter)
        let outputs = body.inlined(on: parameters)
        let carries = Array(parameters[constantCount..<(constantCount + carryCount)])
        guard let written = try? trace.function(returning: outputs + carries) else {
            return (Trace.apply(self, operands), [])
        }
        let scan = Scan(
            body: written.function,
            length: length,
            constantCount: constantCount,
            carryCount: carryCount,
            isReverse: isReverse
        )
        let results = Trace.apply(scan, operands)
        return (Array(results.dropLast(carryCount)), Array(results.suffix(carryCount)))
    }

    /// The loop the other way round, in which each step runs again from its stacked carry and is differentiated.
    ///
    /// The carry of that loop holds the cotangents of the carry and the sums of the cotangents of the constants; its
    /// outputs are the cotangents of the inputs.
    package func pullback(
        _ cotangents: [Tensor?],
        operands: [Tensor],
        results: [Tensor],
        residuals: [Tensor],
        wanted: [Bool]
    ) -> [Tensor?] {
        guard until == nil else {
            return asking(isEnding: false).pullback(
                cotangents,
                operands: operands,
                results: results,
                residuals: residuals,
                wanted: wanted
            )
        }
        let constants = Array(operands.prefix(constantCount))
        let inputs = Array(operands.dropFirst(constantCount + carryCount))
        let types = body.parameters
        let isFloat = types.map(\.element.isFloat)
        let floatConstants = (0..<constantCount).filter { isFloat[$0] }
        let floatCarries = (0..<carryCount).filter { isFloat[constantCount + $0] }
        let floatInputs = inputs.indices.filter { isFloat[constantCount + carryCount + $0] }
        let outputs = Array(results.dropFirst(carryCount))
        let floatOutputs = outputs.indices.filter { outputs[$0].element.isFloat }

        let carryCotangents = floatCarries.map { cotangents[$0] ?? results[$0].filled(0) }
        let constantCotangents = floatConstants.map { constants[$0].filled(0) }
        let outputCotangents = floatOutputs.map { cotangents[carryCount + $0] ?? outputs[$0].filled(0) }

        let trace = Trace(parent: results[0].trace)
        let bodyConstants = constants.map { trace.parameter($0.type) }
        let bodyCarryCotangents = carryCotangents.map { trace.parameter($0.type) }
        let bodyConstantCotangents = constantCotangents.map { trace.parameter($0.type) }
        let bodyCarries = (0..<carryCount).map { trace.parameter(types[constantCount + $0]) }
        let bodyInputs = inputs.indices.map { trace.parameter(types[constantCount + carryCount + $0]) }
        let bodyOutputCotangents = floatOutputs.map {
            trace.parameter(body.resultTypes[carryCount + $0])
        }
        var seeds = [Tensor?](repeating: nil, count: body.results.count)
        for (index, carry) in floatCarries.enumerated() { seeds[carry] = bodyCarryCotangents[index] }
        for (index, output) in floatOutputs.enumerated() { seeds[carryCount + output] = bodyOutputCotangents[index] }
        let step = body.pulledBack(
            at: bodyConstants + bodyCarries + bodyInputs,
            cotangents: seeds,
            wanted: isFloat
        ).cotangents
        let nextCarries = floatCarries.map { step[constantCount + $0] ?? bodyCarries[$0].filled(0) }
        let nextConstants = floatConstants.enumerated().map { index, constant in
            step[constant].map { bodyConstantCotangents[index] + $0 } ?? bodyConstantCotangents[index]
        }
        let inputCotangents = floatInputs.map { input in
            step[constantCount + carryCount + input] ?? bodyInputs[input].filled(0)
        }
        guard let written = try? trace.function(returning: nextCarries + nextConstants + inputCotangents) else {
            return operands.map { _ in nil }
        }
        precondition(written.captures.isEmpty, "a loop's derivative refers to nothing outside it")
        let scan = Scan(
            body: written.function,
            length: length,
            constantCount: constantCount,
            carryCount: nextCarries.count + nextConstants.count,
            isReverse: !isReverse
        )
        let pulled = Trace.apply(
            scan,
            constants + carryCotangents + constantCotangents + residuals + inputs + outputCotangents
        )
        var found = [Tensor?](repeating: nil, count: operands.count)
        for (index, carry) in floatCarries.enumerated() { found[constantCount + carry] = pulled[index] }
        for (index, constant) in floatConstants.enumerated() { found[constant] = pulled[floatCarries.count + index] }
        for (index, input) in floatInputs.enumerated() {
            found[constantCount + carryCount + input] = pulled[floatCarries.count + floatConstants.count + index]
        }
        return found
    }

    /// One loop for all lanes. A carry has lanes when its start has, or when a step gives it some.
    package func batched(_ operands: [Batched], lanes: Int) -> [Batched] {
        batched(operands, lanes: lanes, isAsking: false)
    }

    /// A flag of which each lane has its own ends the loop when all are set: until then, steps ask it.
    private func batched(_ operands: [Batched], lanes: Int, isAsking: Bool) -> [Batched] {
        let carries = constantCount..<(constantCount + carryCount)
        var hasLanes = operands.map(\.hasLanes)
        while true {
            let trace = Trace(parent: Trace.innermost(of: operands.map(\.tensor)))
            let parameters = body.parameters.indices.map { index in
                let type = body.parameters[index]
                let shape = hasLanes[index] ? Shape([lanes] + type.shape.sizes) : type.shape
                return Batched(trace.parameter(TensorType(type.element, shape)), hasLanes: hasLanes[index])
            }
            let outputs = body.batched(on: parameters, lanes: lanes)
            let grown = carries.filter { !hasLanes[$0] && outputs[$0 - constantCount].hasLanes }
            guard grown.isEmpty else {
                for index in grown { hasLanes[index] = true }
                continue
            }
            if let until, hasLanes[constantCount + until], !isAsking {
                return asking(isEnding: true).batched(operands, lanes: lanes, isAsking: true)
            }
            let results = outputs.enumerated().map { index, output in
                index < carryCount && !hasLanes[constantCount + index] ? output.tensor : output.spread(over: lanes)
            }
            guard let written = try? trace.function(returning: results) else {
                return resultsAfterMistake(operands)
            }
            let scan = Scan(
                body: written.function,
                length: length,
                constantCount: constantCount,
                carryCount: carryCount,
                isReverse: isReverse,
                until: until
            )
            let arguments = operands.enumerated().map { index, operand in
                if carries.contains(index) { return hasLanes[index] ? operand.spread(over: lanes) : operand.tensor }
                // Inputs are stacked by step first, then by lane.
                guard index >= carries.upperBound, operand.hasLanes else { return operand.tensor }
                return operand.tensor.transposed([1, 0] + Array(2..<operand.tensor.rank))
            }
            let stacked = Trace.apply(scan, arguments)
            guard trace.error == nil else { return resultsAfterMistake(operands) }
            return stacked.enumerated().map { index, result in
                if index < carryCount { return Batched(result, hasLanes: hasLanes[constantCount + index]) }
                return Batched(result.transposed([1, 0] + Array(2..<result.rank)), hasLanes: true)
            }
        }
    }

    private func resultsAfterMistake(_ operands: [Batched]) -> [Batched] {
        body.results.map { _ in Batched(operands[0].tensor, hasLanes: true) }
    }
}

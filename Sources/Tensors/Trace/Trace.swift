/// A program while it is being written: the nodes so far, equal ones shared.
///
/// A loop's body is traced in a child; when it uses a tensor from outside, the child captures it as a further parameter.
final class Trace {
    private enum Origin {
        case parameter
        case capture(Tensor)
        case node(Int, result: Int)
    }

    private struct Step {
        let primitive: any Primitive
        let operands: [Int]
        let firstResult: Int
        let resultCount: Int
    }

    private struct StepKey: Hashable {
        let name: String
        let attributes: [Attribute]
        let operands: [Int]
    }

    let parent: Trace?
    let depth: Int
    /// Whether it holds all that is done in it, also what is done with tensors from outside only: a branch, because that
    /// may never run, and the body of a `vmap`, which is the function of one lane. What no lane changes is computed once
    /// all the same, since lanes are added later.
    let holdsAll: Bool
    private var origins: [Origin] = []
    private var types: [TensorType] = []
    private var steps: [Step] = []
    private var known: [StepKey: Int] = [:]
    private var captured: [Int: Int] = [:]
    let diagnosis: Diagnosis
    /// Whether something in it was written for many lanes. What may change a bit has then been done to one lane's function,
    /// so that a lane's bits do not depend on how many there are, and is not done again.
    private(set) var hasLanes = false

    /// What all traces of one program share: where we are, and what went wrong first.
    final class Diagnosis {
        var lines: [SourceLine]
        var bodies: [Trace] = []
        var scopes: [String] = []
        var error: TraceError?
        /// How many nodes may still be written.
        var stepsLeft: Int

        init(from line: SourceLine, stepLimit: Int) {
            lines = [line]
            stepsLeft = stepLimit
        }
    }

    /// A program's own trace, which fails once it and its bodies have more nodes than the limit.
    init(from line: SourceLine, stepLimit: Int = .max) {
        parent = nil
        depth = 0
        holdsAll = false
        diagnosis = Diagnosis(from: line, stepLimit: stepLimit)
    }

    /// The trace of a body inside another trace.
    init(parent: Trace, holdsAll: Bool = false) {
        self.parent = parent
        self.holdsAll = holdsAll
        depth = parent.depth + 1
        diagnosis = parent.diagnosis
    }

    /// Notes that something is written here for many lanes.
    func noteLanes() {
        hasLanes = true
        parent?.noteLanes()
    }

    /// The first mistake, if any.
    var error: TraceError? { diagnosis.error }

    /// Remembers a mistake unless there was one before.
    func fail(_ error: ShapeError) {
        guard diagnosis.error == nil, let line = diagnosis.lines.last else { return }
        diagnosis.error = TraceError(line: line, path: diagnosis.scopes, shape: error)
    }

    /// Runs what belongs to a line, which errors name.
    func located<Result>(at line: SourceLine, _ body: () throws -> Result) rethrows -> Result {
        diagnosis.lines.append(line)
        defer { diagnosis.lines.removeLast() }
        return try body()
    }

    /// Runs the body of a loop or transform, which is traced here.
    func running<Result>(at line: SourceLine, _ body: () throws -> Result) rethrows -> Result {
        diagnosis.bodies.append(self)
        defer { diagnosis.bodies.removeLast() }
        return try located(at: line, body)
    }

    /// Runs `body` with one more part in the path that errors name.
    func scoped<Result>(_ name: String, _ body: () throws -> Result) rethrows -> Result {
        diagnosis.scopes.append(name)
        defer { diagnosis.scopes.removeLast() }
        return try body()
    }

    func parameter(_ type: TensorType) -> Tensor {
        let tensor = append(type, .parameter)
        guard let excess = type.excess else { return tensor }
        fail(ShapeError("parameter", [type], excess))
        return missing(type)
    }

    private func append(_ type: TensorType, _ origin: Origin) -> Tensor {
        types.append(type)
        origins.append(origin)
        return Tensor(trace: self, id: types.count - 1, type: type)
    }

    /// Applies a primitive in the innermost of the operands' traces; see `innermost`.
    ///
    /// A mistake is remembered, and its results stand for tensors that do not exist.
    static func apply(_ primitive: any Primitive, _ operands: [Tensor]) -> [Tensor] {
        innermost(of: operands).apply(primitive, operands)
    }

    func apply(_ primitive: any Primitive, _ operands: [Tensor]) -> [Tensor] {
        guard operands.allSatisfy(\.exists) else { return missing(operands.map(\.type)) }
        let numbers = operands.map { lift($0).id }
        let key = StepKey(name: primitive.name, attributes: primitive.attributes, operands: numbers)
        if let index = known[key] { return results(of: steps[index]) }
        let inferred: [TensorType]
        do throws(ShapeError) {
            inferred = try primitive.checkedResultTypes(of: operands.map(\.type))
        } catch {
            fail(error)
            return missing(operands.map(\.type))
        }
        guard diagnosis.stepsLeft > 0 else {
            fail(ShapeError(primitive.name, operands.map(\.type), "is beyond the number of nodes"))
            return missing(operands.map(\.type))
        }
        diagnosis.stepsLeft -= 1
        known[key] = steps.count
        let step = Step(
            primitive: primitive,
            operands: numbers,
            firstResult: types.count,
            resultCount: inferred.count
        )
        steps.append(step)
        for (index, type) in inferred.enumerated() { _ = append(type, .node(steps.count - 1, result: index)) }
        return results(of: step)
    }

    private func results(of step: Step) -> [Tensor] {
        (step.firstResult..<(step.firstResult + step.resultCount)).map {
            Tensor(trace: self, id: $0, type: types[$0])
        }
    }

    /// Stand-ins after a mistake, at least one; tracing throws before anybody can use them.
    private func missing(_ types: [TensorType]) -> [Tensor] {
        (types.isEmpty ? [TensorType(.f32, .scalar)] : types).map(missing)
    }

    /// A stand-in after a mistake.
    func missing(_ type: TensorType) -> Tensor { Tensor(trace: self, id: -1, type: type) }

    /// Stand-ins of the same structure after a mistake. Tensors of a body that came to nothing must not be used outside.
    func missing<Group: TensorGroup>(like group: Group) -> Group {
        group.with(group.tensors.map { missing($0.type) })
    }

    /// The tensor as one of this trace's: captured when it comes from further out.
    func lift(_ tensor: Tensor) -> Tensor {
        if tensor.trace === self { return tensor }
        guard let parent else { preconditionFailure("a tensor of one program, or of one body, is used outside of it") }
        let outer = parent.lift(tensor)
        if let copy = parent.copyOfConstant(outer, into: self) { return copy }
        if let id = captured[outer.id] { return Tensor(trace: self, id: id, type: types[id]) }
        let inner = append(outer.type, .capture(outer))
        captured[outer.id] = inner.id
        return inner
    }

    /// Constants, iotas and their broadcasts are written again inside a body rather than carried into it.
    private func copyOfConstant(_ tensor: Tensor, into child: Trace) -> Tensor? {
        guard case .node(let index, 0) = origins[tensor.id] else { return nil }
        let step = steps[index]
        switch step.primitive {
        case is Constant, is Iota:
            return child.apply(step.primitive, [])[0]
        case is BroadcastInDim:
            let operand = Tensor(trace: self, id: step.operands[0], type: types[step.operands[0]])
            guard let copy = copyOfConstant(operand, into: child) else { return nil }
            return child.apply(step.primitive, [copy])[0]
        default:
            return nil
        }
    }

    /// What a tensor is a repetition of, and to which axes that one's go; nil when it is none.
    func broadcastOrigin(of tensor: Tensor) -> (origin: Tensor, axes: [Int])? {
        guard case .node(let index, 0) = origins[tensor.id],
            let broadcast = steps[index].primitive as? BroadcastInDim
        else { return nil }
        let operand = steps[index].operands[0]
        return (Tensor(trace: self, id: operand, type: types[operand]), broadcast.dimensions)
    }

    /// The finished function, without what its results do not need.
    ///
    /// - Returns: the function, whose parameters are the declared ones followed by the captures, and the captured tensors
    ///   of the enclosing trace.
    func function(returning results: [Tensor]) throws(TraceError) -> (function: Function, captures: [Tensor]) {
        if let error { throw error }
        let results = results.map(lift)
        var needed = Set(results.map(\.id))
        var live = [Bool](repeating: false, count: steps.count)
        for index in steps.indices.reversed() {
            let step = steps[index]
            guard (step.firstResult..<(step.firstResult + step.resultCount)).contains(where: needed.contains) else {
                continue
            }
            live[index] = true
            needed.formUnion(step.operands)
        }
        var number = [Int](repeating: -1, count: types.count)
        var parameters: [TensorType] = []
        var captures: [Tensor] = []
        for (id, origin) in origins.enumerated() {
            guard case .parameter = origin else { continue }
            number[id] = parameters.count
            parameters.append(types[id])
        }
        for (id, origin) in origins.enumerated() {
            guard case .capture(let outer) = origin, needed.contains(id) else { continue }
            number[id] = parameters.count
            parameters.append(types[id])
            captures.append(outer)
        }
        var next = parameters.count
        var kept: [(primitive: any Primitive, operands: [Int])] = []
        for (index, step) in steps.enumerated() where live[index] {
            for offset in 0..<step.resultCount { number[step.firstResult + offset] = next + offset }
            next += step.resultCount
            kept.append((step.primitive, step.operands.map { number[$0] }))
        }
        do throws(ProgramError) {
            let function = try Function(parameters: parameters, steps: kept, results: results.map { number[$0.id] })
            return (function, captures)
        } catch {
            preconditionFailure("a traced function is always well formed: \(error)")
        }
    }
}

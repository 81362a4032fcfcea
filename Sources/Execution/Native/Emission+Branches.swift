import Tensors

extension Emission {
    /// Lanes compute both branches all at once and select, unless that would be far more than the branches themselves:
    /// then each lane runs its own.
    mutating func branches(
        _ conditional: Conditional,
        _ operands: [Operand],
        _ results: [Operand]
    ) throws(ExecutionError) -> [any Step] {
        let lanes = operands[0].type.shape
        let size = conditional.onTrue.nestedNodeCount + conditional.onFalse.nestedNodeCount
        if let selection = conditional.selection(of: lanes, nodeLimit: 16 * size + 256) {
            return try call(Call(selection), operands, results)
        }
        var slices: [LoopStep.Slice] = []
        let slice = { (whole: Operand, resources: Compiler.Resources) in
            LoopStep.Slice(
                base: resources.newBase(),
                whole: whole.location,
                stride: whole.type.byteCount / max(1, lanes.count)
            )
        }
        var parameters: [Location] = []
        for (index, operand) in operands.dropFirst().enumerated() {
            guard conditional.laned.contains(index) else {
                parameters.append(operand.location)
                continue
            }
            slices.append(slice(operand, resources))
            parameters.append(Location(base: slices[slices.count - 1].base, offset: 0))
        }
        var targets: [Operand] = []
        for (result, type) in zip(results, conditional.onTrue.resultTypes) {
            guard lanes.rank > 0 else {
                targets.append(result)
                continue
            }
            slices.append(slice(result, resources))
            targets.append(Operand(location: Location(base: slices[slices.count - 1].base, offset: 0), type: type))
        }
        var compiledBranches: [BranchStep.Branch] = []
        for function in [conditional.onTrue, conditional.onFalse] {
            let branch = try compiled(function, parameters, targets)
            // The other branch may use the same memory: never both run in one lane.
            for offset in branch.kept { resources.arena.free(offset) }
            compiledBranches.append(BranchStep.Branch(steps: branch.steps, moves: branch.moves))
        }
        return [
            BranchStep(
                predicate: operands[0].location,
                lanes: lanes.count,
                slices: slices,
                onTrue: compiledBranches[0],
                onFalse: compiledBranches[1]
            )
        ]
    }

    /// A function whose results are wanted at these places.
    private mutating func compiled(
        _ function: Function,
        _ parameters: [Location],
        _ targets: [Operand]
    ) throws(ExecutionError) -> (steps: [any Step], moves: [LoopStep.Move], kept: [Int]) {
        var compiler = Compiler(function, resources: resources, depth: depth)
        let body = try compiler.compile(parameters: parameters, wishes: targets.map(\.location))
        let moves = zip(targets, body.results).filter { $0.location != $1 }.map { target, source in
            LoopStep.Move(source: source, target: target.location, byteCount: target.type.byteCount)
        }
        return (body.steps, moves, body.kept)
    }
}

extension Function {
    /// Its nodes and those of the functions that they hold.
    fileprivate var nestedNodeCount: Int {
        nodes.reduce(nodes.count) { count, node in
            count
                + node.primitive.attributes.reduce(0) { inner, attribute in
                    guard case .function(let function) = attribute.value else { return inner }
                    return inner + function.nestedNodeCount
                }
        }
    }
}

/// One of two lists of steps for each lane, on pointers that move from lane to lane.
struct BranchStep: Step {
    /// The steps of one branch, and what it leaves elsewhere than where it belongs.
    struct Branch: Sendable {
        var steps: [any Step]
        var moves: [LoopStep.Move]
    }

    /// The truth values, one for each lane.
    let predicate: Location
    let lanes: Int
    /// What has lanes: operands and results.
    let slices: [LoopStep.Slice]
    let onTrue: Branch
    let onFalse: Branch

    func run(_ context: RunContext) throws(ExecutionError) {
        for lane in 0..<lanes {
            for slice in slices { context.bases[slice.base] = context.address(slice.whole) + lane * slice.stride }
            let holds = context.address(predicate).load(fromByteOffset: lane, as: UInt8.self) != 0
            let branch = holds ? onTrue : onFalse
            for step in branch.steps { try step.run(context) }
            for move in branch.moves {
                context.address(move.target).copyMemory(from: context.address(move.source), byteCount: move.byteCount)
            }
        }
    }
}

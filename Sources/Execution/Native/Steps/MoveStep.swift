/// Puts results where they are expected.
struct MoveStep: Step {
    let moves: [LoopStep.Move]

    func run(_ context: RunContext) {
        for move in moves {
            context.address(move.target).copyMemory(from: context.address(move.source), byteCount: move.byteCount)
        }
    }
}

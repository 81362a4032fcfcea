/// A loop: its body's steps, run once for each step of the loop, on pointers that move.
struct LoopStep: Step {
    /// A tensor of which each step sees one slice.
    struct Slice: Sendable {
        /// The base that points at the slice.
        var base: Int
        var whole: Location
        var stride: Int
    }

    /// What is handed from step to step: updated in place, or in two buffers that change places, so that nothing is copied.
    struct Carry: Sendable {
        /// Where the value starts from.
        var start: Location
        /// The base of the value before a step.
        var before: Int
        /// The base of the value after a step, and the two buffers; nil if the value is updated in its target.
        var turns: (after: Int, buffers: (Location, Location))?
        var byteCount: Int
        /// Where the value goes in the end.
        var target: Location
    }

    /// A result of the body that has to be moved to where the loop expects it.
    struct Move: Sendable {
        var source: Location
        var target: Location
        var byteCount: Int
    }

    let length: Int
    /// The carry whose truth values end the loop once all are set.
    let until: Int?
    let isReverse: Bool
    let isOutermost: Bool
    let inputs: [Slice]
    let outputs: [Slice]
    let carries: [Carry]
    let moves: [Move]
    let body: [any Step]

    func run(_ context: RunContext) throws(ExecutionError) {
        for carry in carries {
            let first = context.address(carry.turns?.buffers.0 ?? carry.target)
            first.copyMemory(from: context.address(carry.start), byteCount: carry.byteCount)
            context.bases[carry.before] = first
            if let turns = carry.turns { context.bases[turns.after] = context.address(turns.buffers.1) }
        }
        for step in 0..<length {
            if isOutermost, let control = context.control {
                if control.isCancelled { throw .cancelled }
                control.report(step: step, of: length)
            }
            if let until, isSet(carries[until], context) {
                fillOutputs(left: length - step, context)
                break
            }
            let index = isReverse ? length - 1 - step : step
            for slice in inputs { context.bases[slice.base] = context.address(slice.whole) + index * slice.stride }
            for slice in outputs { context.bases[slice.base] = context.address(slice.whole) + index * slice.stride }
            for step in body { try step.run(context) }
            for move in moves {
                context.address(move.target).copyMemory(from: context.address(move.source), byteCount: move.byteCount)
            }
            for carry in carries {
                guard let after = carry.turns?.after else { continue }
                let before = context.bases[carry.before]
                context.bases[carry.before] = context.bases[after]
                context.bases[after] = before
            }
        }
        if isOutermost, let control = context.control { control.report(step: length, of: length) }
        for carry in carries where carry.turns != nil {
            let last = context.address(Location(base: carry.before, offset: 0))
            context.address(carry.target).copyMemory(from: last, byteCount: carry.byteCount)
        }
    }

    private func isSet(_ flag: Carry, _ context: RunContext) -> Bool {
        UnsafeRawBufferPointer(start: context.bases[flag.before], count: flag.byteCount).allSatisfy { $0 != 0 }
    }

    /// Puts zeros where the steps that are left would have put their outputs.
    private func fillOutputs(left steps: Int, _ context: RunContext) {
        for slice in outputs {
            let first = context.address(slice.whole) + (isReverse ? 0 : (length - steps) * slice.stride)
            first.initializeMemory(as: UInt8.self, repeating: 0, count: steps * slice.stride)
        }
    }
}

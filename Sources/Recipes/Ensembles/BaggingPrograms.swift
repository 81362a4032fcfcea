import Tensors

/// What a bagging ensemble's tasks run, each program traced once however many tasks run it.
struct BaggingPrograms {
    private struct Fit: Hashable {
        let lanes: Int
        let segment: FitSegment
    }

    private var fits: [Fit: Program] = [:]
    private var votes: [Int: Program] = [:]

    /// The programs for tasks of some numbers of members.
    ///
    /// - Throws: what tracing throws.
    init(_ member: BaggedMember, lanes: [Int], segments: [FitSegment]) throws {
        for lanes in Set(lanes) {
            votes[lanes] = try member.outOfBagVotes(lanes: lanes)
            for segment in Set(segments) {
                fits[Fit(lanes: lanes, segment: segment)] = try member.fit(lanes: lanes, segment)
            }
        }
    }

    /// A segment of a fit; see `BaggedMember.fit`.
    func fit(lanes: Int, _ segment: FitSegment) -> Program {
        guard let program = fits[Fit(lanes: lanes, segment: segment)] else { preconditionFailure("it was traced") }
        return program
    }

    /// What members say of the rows that they did not draw; see `BaggedMember.outOfBagVotes`.
    func outOfBagVotes(lanes: Int) -> Program {
        guard let program = votes[lanes] else { preconditionFailure("it was traced") }
        return program
    }
}

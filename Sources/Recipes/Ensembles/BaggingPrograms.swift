import Tensors

/// What a bagging ensemble's tasks run.
struct BaggingPrograms {
    private struct Fit: Hashable {
        let lanes: Int
        let segment: FitSegment
    }

    private let fits: Traced<Fit, Program>
    private let votes: Traced<Int, Program>

    /// The programs for tasks of some numbers of members.
    ///
    /// - Throws: what tracing throws.
    init(_ member: BaggedMember, lanes: [Int], segments: [FitSegment]) throws {
        let variants = Set(lanes).flatMap { lanes in segments.map { Fit(lanes: lanes, segment: $0) } }
        fits = try Traced(variants) { try member.fit(lanes: $0.lanes, $0.segment) }
        votes = try Traced(lanes) { try member.outOfBagVotes(lanes: $0) }
    }

    /// A segment of a fit; see `BaggedMember.fit`.
    func fit(lanes: Int, _ segment: FitSegment) -> Program { fits[Fit(lanes: lanes, segment: segment)] }

    /// What members say of the rows that they did not draw; see `BaggedMember.outOfBagVotes`.
    func outOfBagVotes(lanes: Int) -> Program { votes[lanes] }
}

extension Bagging {
    /// What its tasks run.
    package func programs() throws -> [NamedProgram] {
        let (lanes, segments) = (memberRanges.map(\.count).distinct, segments.map(\.segment).distinct)
        let programs = try BaggingPrograms(BaggedMember(self), lanes: lanes, segments: segments)
        let fits = lanes.flatMap { lanes in segments.map { programs.fit(lanes: lanes, $0) } }
        return .numbered("fit", fits) + .numbered("votes", lanes.map(programs.outOfBagVotes))
    }
}

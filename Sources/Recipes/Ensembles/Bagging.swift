public import Datasets
import Networks
public import Tasks
import Tensors

/// Bagging: members trained on bootstrap samples of the data, which vote. Breiman, "Bagging predictors", 1996.
///
/// Each member draws N rows with replacement, and may see a random subset of the features (Ho 1998). A row is left out by
/// a share (1 − 1/N)ᴺ → 0.368 of the members, whose vote on it is the out-of-bag estimate.
public struct Bagging: Recipe {
    /// How each member learns.
    public var learner: Learner
    /// What it learns from.
    public var data: Dataset
    /// The number of members.
    public var members: Int
    /// The size of a bootstrap sample, as a share of the rows.
    public var bootstrap: Double
    /// The share of the features that a member sees.
    public var features: Double
    /// How members' predictions become one.
    public var vote: Vote
    /// The seed of all randomness.
    public var seed: UInt64
    /// What is done when a member's loss becomes infinite or NaN: training stops, or the ensemble does without it.
    public var diverged: DivergencePolicy
    /// Members that are trained side by side as one task. It changes the speed, never a bit.
    public var membersPerTask: Int
    /// Epochs of a task, of which a long fit takes several; nil cuts a fit so that a task takes seconds.
    package var epochsPerTask: Int?

    /// The members of a task unless somebody says otherwise: four, and up to eight where there are so many that there are 64
    /// tasks all the same.
    public static func usualMembersPerTask(of members: Int) -> Int { min(8, max(4, members / 64)) }

    /// A bagging ensemble to be.
    ///
    /// - Throws: `RecipeError.setting` for a number out of range, and `DatasetError` when the data has no classes or lacks
    ///   rows of one.
    public init(
        _ learner: Learner,
        data: Dataset,
        members: Int = 32,
        bootstrap: Double = 1,
        features: Double = 1,
        vote: Vote = .soft,
        seed: UInt64 = 0,
        diverged: DivergencePolicy = .stop,
        membersPerTask: Int? = nil
    ) throws {
        self.learner = learner
        self.data = data
        self.members = members
        self.bootstrap = bootstrap
        self.features = features
        self.vote = vote
        self.seed = seed
        self.diverged = diverged
        self.membersPerTask = membersPerTask ?? Self.usualMembersPerTask(of: members)
        try validate()
    }

    /// Trains the members, and lets those that did not see a row vote on it.
    ///
    /// - Throws: `RecipeError.lossDiverged` when a member diverges and `diverged` is `.stop`, `.everythingDiverged` when all
    ///   do, and what the cluster throws.
    public func train(on cluster: some Cluster) async throws -> VotingEnsemble {
        try validate()
        let member = try BaggedMember(self)
        let programs = try BaggingPrograms(member, lanes: memberRanges.map(\.count), segments: segments.map(\.segment))
        let x = try await cluster.share(data.features)
        let labels = try await cluster.share(data.classes.indices)
        let segments = segments
        var weights: [StackedWeights] = []
        var firstDiverged: (role: Role, step: Int)?
        var tally = try OutOfBagTally(rows: data.rowCount, classes: data.classes.names.count)
        try await cluster.concurrently(over: memberRanges) { members in
            let keys = TaskInput.value(self.keys(of: members))
            let role = Role.bootstrap(members: members, of: self.members)
            var state: TaskOutputs?
            for (first, segment) in segments {  // a long fit is a chain, so that a kill costs a segment
                let carried = state.map { $0.handles.map(TaskInput.handle) } ?? []
                let start = TaskInput.value(TensorValue(scalar: Int32(first)))
                let inputs = [.handle(x), .handle(labels), keys, start] + carried
                state = try await cluster.run(programs.fit(lanes: members.count, segment), Work(role, inputs: inputs))
            }
            guard let trained = state else { preconditionFailure("there is at least one segment") }
            let say = try await cluster.run(
                programs.outOfBagVotes(lanes: members.count),
                Work(
                    .score(members: members, of: self.members),
                    inputs: [.handle(x), keys] + trained.handles.map(TaskInput.handle)
                )
            )
            return try await (
                members: members,
                steps: trained["divergence"].value.elements(as: Int32.self).map(Int.init),
                weights: StackedWeights(names: member.weightNames, of: trained),
                votes: say["votes"].value,
                voters: say["voters"].value
            )
        } take: { part in
            if let index = part.steps.firstIndex(where: { $0 >= 0 }) {
                let member = part.members.lowerBound + index
                let role = Role.bootstrap(members: member..<(member + 1), of: members)
                guard diverged == .skip else { throw RecipeError.lossDiverged(role: role, step: part.steps[index]) }
                firstDiverged = firstDiverged ?? (role, part.steps[index])
            }
            weights.append(try part.weights.members(at: part.steps.indices.filter { part.steps[$0] < 0 }))
            try tally.add(votes: part.votes, voters: part.voters, on: cluster.local)
        }
        if let firstDiverged, weights.allSatisfy({ $0.memberCount == 0 }) {
            throw RecipeError.everythingDiverged(first: firstDiverged.role, step: firstDiverged.step)
        }
        return try VotingEnsemble(
            model: learner.model,
            classes: data.classes.names,
            featureNames: data.featureNames,
            vote: vote,
            weights: StackedWeights(joining: weights),
            outOfBag: tally.estimate(labels: data.classes.indices, on: cluster.local)
        )
    }

    /// The members of each task: as many as may be, in order.
    var memberRanges: [Range<Int>] { (0..<members).cut(into: membersPerTask) }

    /// `u32[members, 2]`: a member's randomness depends on the seed and its number only.
    private func keys(of members: Range<Int>) -> TensorValue {
        RandomKey(seed: seed).child("bagging").children(members)
    }

    /// The number of rows of a bootstrap sample.
    var sampleCount: Int { max(1, Int((bootstrap * Double(data.rowCount)).rounded())) }

    /// The number of features that a member sees.
    var visibleFeatures: Int { max(1, Int((features * Double(data.featureCount)).rounded())) }

    /// How many tasks, one after the other, train a member.
    package var tasksPerFit: Int { segments.count }

    var segments: [(first: Int, segment: FitSegment)] {
        learner.segments(
            rows: sampleCount,
            features: data.featureCount,
            lanes: membersPerTask,
            epochsPerTask: epochsPerTask
        )
    }

    private func validate() throws {
        try RecipeError.require("members", members, in: 1...1_000_000)
        try RecipeError.require("members per task", membersPerTask, in: 1...4096)
        for (name, found, most) in [("bootstrap", bootstrap, 10.0), ("features", features, 1.0)]
        where !(found > 0 && found <= most) {
            throw RecipeError.setting(name: name, found: "\(found)", allowed: "more than 0 and at most \(most)")
        }
        try learner.check(on: data)
    }
}

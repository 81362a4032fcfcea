public import Datasets
public import Tasks
import Tensors

/// Boosting: members learned one after another, each on the rows that those before it get wrong, which vote by how good
/// they are. Freund and Schapire 1997 for two classes; SAMME, Zhu et al. 2009, for more.
///
/// Rows start with equal weights. In each round a member f is learned from the weighted rows, its weighted error is
/// e = Σ w [f(x) ≠ y], its vote α = ½ ln((1 − e) / e), and the weights become w exp(−α y f(x)), normalised, where y and f(x)
/// are 1 or −1. With K > 2 classes α = ln((1 − e) / e) + ln(K − 1), and the weights become w exp(α [f(x) ≠ y]). The ensemble
/// F(x) = Σ α f(x) says the class with the most votes, of equals the first.
///
/// - At e = 0, where α would be infinite, the member stays with α = 1 + Σ of the earlier ones, so that it decides, and
///   boosting ends.
/// - At e ≥ 1 − 1/K (within 2⁻⁴⁰) the round is no better than guessing: its member is thrown away, and boosting ends.
///
/// The exponential bound ∏ Z is the mean of exp(−y F(x)) over the rows. With two classes Z = 2 √(e (1 − e)), and the
/// training error never exceeds it. With more, Z = K/(K − 1) e exp(α/K), and it is the share of rows whose true class has at
/// most 1/K of the votes that never exceeds it.
public struct AdaBoost: Recipe {
    /// What a member is.
    public enum Base: Sendable {
        /// The decision stump of least weighted error.
        case stump
        /// A network, by weighted loss.
        case network(Learner)
    }

    /// What a member is.
    public var base: Base
    /// What it learns from.
    public var data: Dataset
    /// The most rounds that there may be.
    public var rounds: Int
    /// The seed of all randomness; stumps have none.
    public var seed: UInt64
    /// What is done when a network's loss becomes infinite or NaN: training stops, or goes on with the next round and the
    /// same weights.
    public var diverged: DivergencePolicy
    /// Features that one task searches for stumps.
    public var featuresPerTask: Int
    /// Epochs of a task, of which a long fit takes several; nil cuts a fit so that a task takes seconds.
    package var epochsPerTask: Int?

    /// A boosted ensemble to be.
    ///
    /// - Throws: `RecipeError.setting` for a number out of range, and `DatasetError` when the data has fewer than two
    ///   classes or lacks rows of one.
    public init(
        _ base: Base,
        data: Dataset,
        rounds: Int = 50,
        seed: UInt64 = 0,
        diverged: DivergencePolicy = .stop,
        featuresPerTask: Int = 10
    ) throws {
        self.base = base
        self.data = data
        self.rounds = rounds
        self.seed = seed
        self.diverged = diverged
        self.featuresPerTask = featuresPerTask
        try validate()
    }

    /// How many tasks, one after the other, train a network; 1 for stumps.
    package var tasksPerFit: Int {
        guard case .network(let learner) = base else { return 1 }
        return learner.segments(
            rows: data.rowCount,
            features: data.featureCount,
            lanes: 1,
            epochsPerTask: epochsPerTask
        ).count
    }

    /// Trains the members.
    ///
    /// - Throws: `RecipeError.noBetterThanChance` when the first round's member is not worth a vote, `.lossDiverged` when a
    ///   network diverges and `diverged` is `.stop`, `.everythingDiverged` when all do, and what the cluster throws.
    public func train(on cluster: some Cluster) async throws -> BoostedEnsemble {
        try validate()
        switch base {
        case .stump:
            let stumps = try await StumpLearner(data, featuresPerTask: featuresPerTask, on: cluster)
            let boosted = try await boost(stumps, on: cluster)
            return try ensemble(.stumps(boosted.members), alphas: boosted.alphas, rounds: boosted.rounds)
        case .network(let learner):
            let networks = try await NetworkLearner(
                learner,
                data,
                key: RandomKey(seed: seed).child("adaboost"),
                epochsPerTask: epochsPerTask,
                on: cluster
            )
            let boosted = try await boost(networks, on: cluster)
            let weights = try StackedWeights(joining: boosted.members)
            return try ensemble(.networks(learner.model, weights), alphas: boosted.alphas, rounds: boosted.rounds)
        }
    }

    /// What its tasks run.
    package func programs() throws -> [NamedProgram] {
        let (rows, classes) = (data.rowCount, try data.classes.names.count)
        let reweighting = NamedProgram(
            name: "reweighting",
            program: try Reweighting.program(rows: rows, classes: classes)
        )
        switch base {
        case .stump:
            let searches = try (0..<data.featureCount).cut(into: featuresPerTask).map(\.count).distinct.map {
                try StumpSearch(features: $0, rows: rows, classes: classes)
            }
            let says = NamedProgram(name: "says", program: try StumpLearner.says(rows: rows))
            return .numbered("order", searches.map(\.order)) + .numbered("search", searches.map(\.search))
                + [says, reweighting]
        case .network(let learner):
            let example: Shape = [data.featureCount]
            let state = try learner.statePorts(for: example)
            let segments = learner.segments(
                rows: rows,
                features: data.featureCount,
                lanes: 1,
                epochsPerTask: epochsPerTask
            )
            let fits = try segments.map(\.segment).distinct.map {
                try NetworkLearner.fit(learner, $0, state: state, rows: rows, example: example)
            }
            return .numbered("fit", fits) + [reweighting]
        }
    }

    private func boost<Learner: WeakLearner>(
        _ learner: Learner,
        on cluster: some Cluster
    ) async throws -> (members: [Learner.Member], alphas: [Double], rounds: [BoostingRound]) {
        let classes = try data.classes
        let chance = 1 - 1 / Double(classes.names.count)
        var state = try Reweighting(labels: classes.indices, classes: classes.names.count, on: cluster.local)
        var members: [Learner.Member] = []
        var alphas: [Double] = []
        var log: [BoostingRound] = []
        func note(_ outcome: BoostingRound.Outcome, error: Double?) {
            let (bound, missed) = (log.last?.bound ?? 1, log.last?.trainingError)
            log.append(BoostingRound(outcome: outcome, error: error, alpha: 0, bound: bound, trainingError: missed))
        }
        rounds: for round in 0..<rounds {
            switch try await learner.fit(round: round, weights: state.weights, on: cluster) {
            case .learned(let member, let says):
                let step = try state.step(says: says, on: cluster.local)
                guard step.error < chance - 0x1p-40 else {
                    note(.noBetterThanChance, error: step.error)
                    break rounds
                }
                members.append(member)
                alphas.append(step.alpha)
                log.append(
                    BoostingRound(
                        outcome: step.error == 0 ? .perfect : .kept,
                        error: step.error,
                        alpha: step.alpha,
                        bound: step.bound,
                        trainingError: step.trainingError
                    )
                )
                guard step.error > 0 else { break rounds }
                state = step.next
            case .diverged(let step):
                guard diverged == .skip else { throw RecipeError.lossDiverged(role: .round(round), step: step) }
                note(.diverged(step: step), error: nil)
            case .nothing:
                note(.noBetterThanChance, error: nil)
                break rounds
            }
        }
        guard !members.isEmpty else { throw failure(of: log, chance: chance) }
        return (members, alphas, log)
    }

    /// Why there is no member after some rounds.
    private func failure(of log: [BoostingRound], chance: Double) -> RecipeError {
        if let last = log.last, last.outcome == .noBetterThanChance {
            return .noBetterThanChance(error: last.error, chance: chance)
        }
        guard case .diverged(let step)? = log.first?.outcome else { preconditionFailure("a round has some outcome") }
        return .everythingDiverged(first: .round(0), step: step)
    }

    private func ensemble(
        _ members: BoostedEnsemble.Members,
        alphas: [Double],
        rounds: [BoostingRound]
    ) throws -> BoostedEnsemble {
        try BoostedEnsemble(
            members,
            alphas: alphas,
            classes: data.classes.names,
            featureNames: data.featureNames,
            rounds: rounds
        )
    }

    private func validate() throws {
        try RecipeError.require("rounds", rounds, in: 1...100_000)
        try RecipeError.require("features per task", featuresPerTask, in: 1...1_000_000)
        let classes = try data.classes
        guard classes.names.count > 1 else {
            throw DatasetError.tooFewClasses(dataset: data.name, classes: classes.names)
        }
        try data.requireRowsOfEachClass()
        if case .network(let learner) = base { try learner.check(on: data) }
    }
}

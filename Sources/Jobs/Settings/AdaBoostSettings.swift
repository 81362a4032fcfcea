import Datasets
public import Recipes

/// What a job says about boosting: `boosting`, and for networks `model`, `optimizer`, `epochs`, `batch` and `diverged`.
public struct AdaBoostSettings: RecipeSettings, Hashable {
    /// What it learns from.
    public var data: DataSettings
    /// What a member is.
    public var learner: Learner
    /// The most rounds that there may be.
    public var rounds: Int
    /// How many features a worker searches at once for stumps. It changes the speed, never the model.
    public var featuresPerTask: Int

    /// What a member is.
    public enum Learner: Sendable, Hashable {
        /// A decision stump.
        case stump
        /// A network, how it is trained, and what is done when its loss diverges.
        case network(FitSettings, diverged: DivergencePolicy)
    }

    private enum LearnerName: String, CaseIterable {
        case stump, network
    }

    package static let name = "adaboost"
    package static let keys = DataSettings.keys + networkKeys + ["boosting"]
    private static let networkKeys = FitSettings.keys + ["diverged"]

    package init(reading job: Section, file: String) throws(DocumentError) {
        data = try DataSettings(reading: job, file: file)
        let boosting = try job.section("boosting", keys: ["rounds", "learner", "features_per_task"])
        rounds = try boosting.integer("rounds", in: 1...100_000, default: 50)
        featuresPerTask = try boosting.integer("features_per_task", in: 1...1_000_000, default: 10)
        switch try boosting.word("learner", default: LearnerName.stump) {
        case .stump:
            learner = .stump
            for key in Self.networkKeys where job[key] != nil {
                throw .refused(
                    job.place(of: key),
                    "'\(key)' is for networks, but the learner is a stump. Remove it, or set boosting.learner to network."
                )
            }
        case .network:
            learner = .network(try FitSettings(reading: job), diverged: try job.word("diverged", default: .stop))
            guard boosting["features_per_task"] == nil else {
                throw .refused(
                    boosting.place(of: "features_per_task"),
                    "'boosting.features_per_task' is for stumps, but the learner is a network. Remove it."
                )
            }
        }
    }

    package var canonical: [String: JSON] {
        var boosting: [String: JSON] = ["rounds": .integer(rounds)]
        var all = data.canonical
        switch learner {
        case .stump:
            boosting["learner"] = .text(LearnerName.stump.rawValue)
            boosting["features_per_task"] = .integer(featuresPerTask)
        case .network(let fit, let diverged):
            boosting["learner"] = .text(LearnerName.network.rawValue)
            all.merge(fit.canonical) { own, _ in own }
            all["diverged"] = .text(diverged.rawValue)
        }
        all["boosting"] = .object(boosting)
        return all
    }

    package func prepare(seed: UInt64) throws -> any PreparedTraining {
        try PreparedAdaBoost(self, data: TabularData(data, seed: seed), seed: seed)
    }

    /// The recipe on some rows.
    ///
    /// - Throws: `DocumentError` or `RecipeError` when it cannot learn from them.
    func recipe(on training: Dataset, seed: UInt64) throws -> AdaBoost {
        switch learner {
        case .stump:
            try AdaBoost(.stump, data: training, rounds: rounds, seed: seed, featuresPerTask: featuresPerTask)
        case .network(let fit, let diverged):
            try AdaBoost(
                .network(fit.learner(for: training)),
                data: training,
                rounds: rounds,
                seed: seed,
                diverged: diverged
            )
        }
    }
}

import Datasets
public import Recipes
import Tensors

/// What a job says about a bagging ensemble: `model`, `optimizer`, `epochs`, `batch` for each member, and `ensemble`.
public struct BaggingSettings: RecipeSettings, Hashable {
    /// What it learns from.
    public var data: DataSettings
    /// How each member is trained.
    public var fit: FitSettings
    /// How many networks vote.
    public var members: Int
    /// The size of a member's sample, drawn with replacement, as a share of the training part.
    public var bootstrap: Double
    /// The share of the features that a member sees, drawn without replacement.
    public var features: Double
    /// How members' answers become one.
    public var vote: Vote
    /// What is done when a member's loss becomes infinite or NaN.
    public var diverged: DivergencePolicy
    /// How many members a worker trains at once. It changes the speed, never the model.
    public var membersPerTask: Int

    package static let name = "bagging"
    package static let keys = DataSettings.keys + FitSettings.keys + ["ensemble", "diverged"]

    package init(reading job: Section, file: String) throws(DocumentError) {
        data = try DataSettings(reading: job, file: file)
        fit = try FitSettings(reading: job)
        let ensemble = try job.section(
            "ensemble",
            keys: ["members", "bootstrap", "features", "vote", "members_per_task"]
        )
        members = try ensemble.integer("members", in: 1...100_000, default: 32)
        bootstrap = try ensemble.number("bootstrap", .share, default: 1)
        features = try ensemble.number("features", .share, default: 1)
        vote = try ensemble.word("vote", default: .soft)
        diverged = try job.word("diverged", default: .stop)
        let usual = Bagging.usualMembersPerTask(of: members)
        membersPerTask = try ensemble.integer("members_per_task", in: 1...1024, default: usual)
    }

    package var canonical: [String: JSON] {
        data.canonical.merging(fit.canonical) { own, _ in own }.merging([
            "ensemble": .object([
                "members": .integer(members),
                "bootstrap": .number(bootstrap),
                "features": .number(features),
                "vote": .text(vote.rawValue),
                "members_per_task": .integer(membersPerTask),
            ]),
            "diverged": .text(diverged.rawValue),
        ]) { first, _ in first }
    }
    package func prepare(seed: UInt64) throws -> any PreparedTraining {
        try PreparedBagging(self, data: TabularData(data, seed: seed), seed: seed)
    }

    /// The recipe on some rows.
    ///
    /// - Throws: `DocumentError` or `RecipeError` when it cannot learn from them.
    func recipe(on training: Dataset, seed: UInt64) throws -> Bagging {
        let learner = try fit.learner(for: training)
        try fit.network.size(of: learner.model, for: [training.featureCount]).checkFits(members: members)
        return try Bagging(
            learner,
            data: training,
            members: members,
            bootstrap: bootstrap,
            features: features,
            vote: vote,
            seed: seed,
            diverged: diverged,
            membersPerTask: membersPerTask
        )
    }
}

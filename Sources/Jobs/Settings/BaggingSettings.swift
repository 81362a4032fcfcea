package import Datasets
public import Recipes
package import Tasks
import Tensors

/// What a job says about a bagging ensemble: `model`, `optimizer`, `epochs`, `batch` for each member, and `ensemble`.
public struct BaggingSettings: RecipeSettings, Hashable {
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
    /// How many members a worker trains at once. It changes the speed, never the model.
    public var membersPerTask: Int

    package static let name = "bagging"
    package static let keys = FitSettings.keys + ["ensemble"]

    package init(reading job: Section) throws(DocumentError) {
        fit = try FitSettings(reading: job)
        let ensemble = try job.section(
            "ensemble",
            keys: ["members", "bootstrap", "features", "vote", "members_per_task"]
        )
        members = try ensemble.integer("members", in: 1...100_000, default: 32)
        bootstrap = try ensemble.number("bootstrap", .share, default: 1)
        features = try ensemble.number("features", .share, default: 1)
        vote = try ensemble.word("vote", default: .soft)
        membersPerTask = try ensemble.integer("members_per_task", in: 1...1024, default: 4)
    }

    package var canonical: [String: JSON] {
        fit.canonical.merging([
            "ensemble": .object([
                "members": .integer(members),
                "bootstrap": .number(bootstrap),
                "features": .number(features),
                "vote": .text(vote.rawValue),
                "members_per_task": .integer(membersPerTask),
            ])
        ]) { first, _ in first }
    }
    package var progressUnit: String { "members" }
    package var progressTotal: Int { members }

    /// A member is finished when it has been asked about the rows that it did not see.
    package func progress(of role: Role) -> Int {
        guard case .score(let members, _) = role else { return 0 }
        return members.count
    }

    /// Training is the work, which is the same for each member and may be cut into segments; scoring costs next to nothing.
    package func shares(on training: Dataset) throws -> @Sendable (Role) -> Double {
        let tasks = try Double(members * recipe(on: training, seed: 0).tasksPerFit)
        return { role in
            guard case .bootstrap(let members, _) = role else { return 0 }
            return Double(members.count) / tasks
        }
    }

    package func check(_ training: Dataset) throws { _ = try recipe(on: training, seed: 0) }

    package func train(_ split: Split, seed: UInt64, on cluster: some Cluster) async throws -> TrainedModel {
        let ensemble = try await recipe(on: split.training, seed: seed).train(on: cluster)
        let prediction = try ensemble.predict(split.test.features, on: cluster.local)
        let labels = try split.test.classes.indices.elements(as: Int32.self).map(Int.init)
        let accuracies = prediction.memberAccuracies(labels: labels)
        var metrics: Metrics = [
            Metrics.ensembleAccuracy: prediction.accuracy(labels: labels),
            Metrics.meanMemberAccuracy: accuracies.reduce(0, +) / Double(accuracies.count),
        ]
        // Without a row that anybody left out there is nothing to report.
        if let outOfBag = ensemble.outOfBag, outOfBag.rows > 0 {
            metrics.values[Metrics.outOfBagAccuracy] = outOfBag.accuracy
        }
        return TrainedModel(ensemble, metrics: metrics)
    }

    private func recipe(on training: Dataset, seed: UInt64) throws -> Bagging {
        try Bagging(
            fit.learner(for: training),
            data: training,
            members: members,
            bootstrap: bootstrap,
            features: features,
            vote: vote,
            seed: seed,
            membersPerTask: membersPerTask
        )
    }
}

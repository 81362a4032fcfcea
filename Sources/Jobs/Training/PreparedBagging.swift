import Datasets
package import Recipes
package import Tasks
package import Tensors

/// A bagging ensemble with its rows, ready to be trained.
package struct PreparedBagging: PreparedTraining {
    private let recipe: Bagging
    private let network: NetworkSetting
    /// Asked for whenever a task ends; the recipe looks at the whole network to find it.
    private let tasksPerFit: Int
    /// The rows.
    package let rows: TabularData

    init(_ settings: BaggingSettings, data: TabularData, seed: UInt64) throws {
        recipe = try settings.recipe(on: data.split.training, seed: seed)
        network = settings.fit.network
        tasksPerFit = recipe.tasksPerFit
        rows = data
    }

    package var data: Hash { rows.hash }
    package var test: Double? { rows.settings.test }
    package var progressUnit: String { "members" }
    package var progressTotal: Int { recipe.members }

    package var chainLength: Int { tasksPerFit }

    /// A member counts when it is trained: it is asked about the rows that it did not see at the end of all, with the others.
    package func progress(of role: Role) -> Int {
        guard case .bootstrap(let members, _) = role else { return 0 }
        return members.count
    }

    /// Training is the work, which is the same for each member and may be cut into segments.
    package func share(of role: Role) -> Double {
        switch role {
        case .bootstrap(let members, _):
            (1 - shareOfScores) * Double(members.count) / Double(recipe.members * tasksPerFit)
        case .score(let members, _): shareOfScores * Double(members.count) / Double(recipe.members)
        default: 0
        }
    }

    /// A row that is learned from goes forward and, for about twice as much, back; to be asked about it goes forward.
    private var shareOfScores: Double {
        1 / (1 + 3 * Double(recipe.learner.epochs) * recipe.bootstrap)
    }

    package func largestNetwork() throws -> (size: NetworkSize, sideBySide: Int)? {
        let size = try network.size(of: recipe.learner.model, for: [recipe.data.featureCount])
        return (size, min(recipe.members, recipe.membersPerTask))
    }

    package func programs() throws -> [NamedProgram] { try recipe.programs() }

    package func train(on cluster: some Cluster) async throws -> TrainedModel {
        let ensemble = try await recipe.train(on: cluster)
        let (prediction, labels) = try rows.tested(ensemble, on: cluster.local)
        let accuracies = prediction.memberAccuracies(labels: labels)
        var metrics: Metrics = [
            Metrics.ensembleAccuracy: prediction.accuracy(labels: labels),
            Metrics.meanMemberAccuracy: accuracies.reduce(0, +) / Double(accuracies.count),
        ]
        // Without a row that anybody left out there is nothing to report.
        if let outOfBag = ensemble.outOfBag, outOfBag.rows > 0 {
            metrics.values[Metrics.outOfBagAccuracy] = outOfBag.accuracy
        }
        var report = metrics.report([
            "mean member accuracy": Metrics.meanMemberAccuracy, "ensemble accuracy": Metrics.ensembleAccuracy,
            "out-of-bag accuracy": Metrics.outOfBagAccuracy,
        ])
        if ensemble.memberCount < recipe.members {
            report.append(ReportLine("members", "\(ensemble.memberCount) of \(recipe.members); the others diverged"))
        }
        return TrainedModel(rows.model(ensemble), metrics: metrics, report: report)
    }
}

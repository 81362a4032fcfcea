import Datasets
package import Recipes
package import Tasks
package import Tensors

/// A bagging ensemble with its rows, ready to be trained.
package struct PreparedBagging: PreparedTraining {
    private let recipe: Bagging
    /// Asked for whenever a task ends; the recipe looks at the whole network to find it.
    private let tasksPerFit: Int
    /// The rows.
    package let rows: TabularData

    init(_ settings: BaggingSettings, data: TabularData, seed: UInt64) throws {
        recipe = try settings.recipe(on: data.split.training, seed: seed)
        tasksPerFit = recipe.tasksPerFit
        rows = data
    }

    package var data: Hash { rows.hash }
    package var test: Double? { rows.settings.test }
    package var progressUnit: String { "members" }
    package var progressTotal: Int { recipe.members }

    /// A member is finished when it has been asked about the rows that it did not see.
    package func progress(of role: Role) -> Int {
        guard case .score(let members, _) = role else { return 0 }
        return members.count
    }

    /// Training is the work, which is the same for each member and may be cut into segments; scoring costs next to nothing.
    package func share(of role: Role) -> Double {
        guard case .bootstrap(let members, _) = role else { return 0 }
        return Double(members.count) / Double(recipe.members * tasksPerFit)
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

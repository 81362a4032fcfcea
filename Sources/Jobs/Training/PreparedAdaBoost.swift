import Datasets
package import Recipes
package import Tasks
package import Tensors

/// Boosting with its rows, ready to be trained.
package struct PreparedAdaBoost: PreparedTraining {
    private let recipe: AdaBoost
    private let network: NetworkSetting?
    /// Asked for whenever a task ends; the recipe looks at the whole network to find it.
    private let tasksPerFit: Int
    /// The rows.
    package let rows: TabularData

    init(_ settings: AdaBoostSettings, data: TabularData, seed: UInt64) throws {
        recipe = try settings.recipe(on: data.split.training, seed: seed)
        if case .network(let fit, _) = settings.learner { network = fit.network } else { network = nil }
        tasksPerFit = recipe.tasksPerFit
        rows = data
    }

    package var data: Hash { rows.hash }
    package var test: Double? { rows.settings.test }
    package var progressUnit: String { "rounds" }
    package var progressTotal: Int { recipe.rounds }
    package var chainLength: Int { tasksPerFit }

    /// A round of stumps is finished when its last features have been searched, as far as can be told.
    package func progress(of role: Role) -> Int {
        switch role {
        case .round: 1
        case .search(_, let features, let count): features.upperBound == count ? 1 : 0
        default: 0
        }
    }

    /// All rounds are alike, and putting the features in order costs next to nothing.
    package func share(of role: Role) -> Double {
        switch role {
        case .round: 1 / Double(recipe.rounds * tasksPerFit)
        case .search(_, let features, let count): Double(features.count) / Double(count * recipe.rounds)
        default: 0
        }
    }

    package func largestNetwork() throws -> (size: NetworkSize, sideBySide: Int)? {
        guard let network, case .network(let learner) = recipe.base else { return nil }
        return (try network.size(of: learner.model, for: [recipe.data.featureCount]), 1)
    }

    package func programs() throws -> [NamedProgram] { try recipe.programs() }

    package func train(on cluster: some Cluster) async throws -> TrainedModel {
        let ensemble = try await recipe.train(on: cluster)
        let (prediction, labels) = try rows.tested(ensemble, on: cluster.local)
        var metrics: Metrics = [
            Metrics.ensembleAccuracy: prediction.accuracy(labels: labels),
            Metrics.firstMemberAccuracy: prediction.memberAccuracies(labels: labels)[0],
        ]
        if let last = ensemble.rounds.last {
            metrics.values[Metrics.exponentialBound] = last.bound
            metrics.values[Metrics.trainingError] = last.trainingError
        }
        let report = metrics.report([
            "first member accuracy": Metrics.firstMemberAccuracy, "ensemble accuracy": Metrics.ensembleAccuracy,
        ])
        return TrainedModel(rows.model(ensemble), metrics: metrics, report: ensemble.report + report)
    }
}

extension BoostedEnsemble {
    /// Some of the rounds, of which the first, the last and those that left no member are never missing.
    fileprivate var report: Report {
        let chosen = rounds.indices.filter { index in
            let isRound = [1, 2, 5].contains { start in
                sequence(first: start) { $0 > index ? nil : $0 * 10 }.contains(index + 1)
            }
            return isRound || index == rounds.count - 1 || rounds[index].outcome != .kept
        }
        return chosen.map { ReportLine("round \($0 + 1)", rounds[$0].described(withBound: classes.count == 2)) }
    }
}

extension BoostingRound {
    /// As `error 0.0789, alpha 1.2286, bound 0.5393, training error 7.89 %`. With more than two classes the training error may
    /// exceed the bound, which is then left out.
    fileprivate func described(withBound: Bool) -> String {
        func decimal(_ number: Double) -> String { ReportLine.decimal(number) }
        switch outcome {
        case .kept, .perfect:
            let missed = trainingError.map(ReportLine.percent) ?? "unknown"
            let limit = withBound ? " bound \(decimal(bound))," : ""
            return "error \(decimal(error ?? .nan)), alpha \(decimal(alpha)),\(limit) training error \(missed)"
        case .noBetterThanChance:
            return error.map { "error \(decimal($0)), no better than chance: left out, the last" }
                ?? "no two rows differ: left out, the last"
        case .diverged(let step): return "left out: its loss became infinite or NaN at step \(step + 1)"
        }
    }
}

import Datasets
import Networks
package import Recipes
package import Tasks
package import Tensors

/// A multi-task network with its rows, ready to be trained.
package struct PreparedMultiTask: PreparedTraining {
    private let settings: MultiTaskSettings
    private let recipe: MultiTask
    private let rows: MultiLabelData

    init(_ settings: MultiTaskSettings, data: MultiLabelData, seed: UInt64) throws {
        self.settings = settings
        rows = data
        recipe = try settings.recipe(on: data, seed: seed)
    }

    package var data: Hash { rows.hash }
    package var test: Double? { settings.test }
    package var progressUnit: String { "head steps" }

    /// Every head that takes part steps with the others, and alone.
    package var progressTotal: Int { recipe.steps * heads * (recipe.baselines ? 2 : 1) }

    private var heads: Int { recipe.tasks.count { $0.weight > 0 } }

    package func progress(of role: Role) -> Int {
        guard case .head = role else { return 0 }
        return 1
    }

    package func share(of role: Role) -> Double { Double(progress(of: role)) / Double(max(1, progressTotal)) }

    package func progress(at snapshot: Snapshot, named name: String) -> Int {
        snapshot.step * (name == MultiTask.snapshotName ? heads : 1)
    }

    package func programs() throws -> [NamedProgram] { try recipe.programs() }

    package func train(on cluster: some Cluster) async throws -> TrainedModel {
        let model = try await recipe.train(on: cluster)
        var metrics = Metrics()
        var report: Report = []
        for task in model.tasks {
            for (score, name) in [(task.score, task.name), (task.baseline, "\(task.name).alone")] {
                for (metric, value) in score?.metrics ?? [] where value.isFinite {
                    metrics.values["\(name).\(metric)"] = value
                }
            }
            report.append(ReportLine(task.name, task.verdict))
        }
        let origins = zip(settings.tasks, rows.parts).map { task, part in
            SavedMultiTask.Origin(label: task.label, missing: task.table.missing, data: part.hash)
        }
        let saved = SavedMultiTask(model, origins: origins, standardisation: rows.standardisation)
        return TrainedModel(saved, metrics: metrics, report: report)
    }
}

extension MultiTaskSettings {
    /// The recipe on some rows.
    ///
    /// - Throws: `DocumentError` for layers that do not fit, `DatasetError` or `RecipeError` when it cannot learn.
    fileprivate func recipe(on data: MultiLabelData, seed: UInt64) throws -> MultiTask {
        let features = data.parts[0].training.featureCount
        if trunk.layers.contains(where: \.isPerClass) {
            throw DocumentError.refused(trunk.place, "the trunk has no classes: say how many units each layer has.")
        }
        let (layers, shared) = try trunk.model(outputs: 1, for: [features])
        let tasks = try zip(self.tasks, data.parts).map { task, part in
            var outputs = 1
            if case .classes(let classes) = try part.training.label(task.label).labels { outputs = classes.names.count }
            let (head, found) = try task.head.model(outputs: outputs, for: shared)
            guard found == [outputs] else {
                throw DocumentError.refused(
                    task.head.place,
                    "the head of '\(task.name)' gives \(found) for each example, but [\(outputs)] is needed. "
                        + "End with {dense: \(outputs)}, or {dense: classes}, which for a number is 1."
                )
            }
            return PredictionTask(
                task.name,
                head: head,
                weight: task.weight,
                training: part.training,
                test: part.test,
                label: task.label
            )
        }
        return try MultiTask(
            trunk: layers,
            tasks: tasks,
            optimizer: optimizer.transform,
            epochs: epochs,
            batch: batch,
            seed: seed,
            diverged: diverged,
            baselines: baselines,
            snapshotEvery: snapshotEvery
        )
    }
}

extension LayerSetting {
    fileprivate var isPerClass: Bool {
        guard case .perClass = self else { return false }
        return true
    }
}

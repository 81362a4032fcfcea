package import Recipes
package import Tasks
package import Tensors

/// Meta-training with its tasks, ready to begin.
package struct PreparedMAML: PreparedTraining {
    private let recipe: MAML
    package let data: Hash

    init(_ settings: MAMLSettings, seed: UInt64) throws {
        let loaded = try settings.tasks.load(seed: seed)
        data = loaded.hash
        recipe = try settings.recipe(on: loaded, seed: seed)
    }

    package var progressUnit: String { "iterations" }
    package var progressTotal: Int { recipe.iterations }

    /// An iteration is counted with its last shard.
    package func progress(of role: Role) -> Int {
        switch role {
        case .metaBatch(_, let tasks): tasks.upperBound == recipe.batch ? 1 : 0
        case .metaBatches(let batches, _): batches.count
        default: 0
        }
    }

    /// The evaluation costs next to nothing.
    package func share(of role: Role) -> Double {
        switch role {
        case .metaBatch(_, let tasks): Double(tasks.count) / (Double(recipe.batch) * Double(recipe.iterations))
        case .metaBatches(let batches, _): Double(batches.count) / Double(recipe.iterations)
        default: 0
        }
    }

    /// A segment ends early where a task diverges; what is left of it is asked for again.
    package func finished(_ role: Role, leaving outputs: TaskOutputs) async throws -> (done: Int, share: Double) {
        guard case .metaBatches(let batches, _) = role else { return (progress(of: role), share(of: role)) }
        let done = try await MAML.finished(of: batches, leaving: outputs)
        return (done, Double(done) / Double(recipe.iterations))
    }

    package func programs() throws -> [NamedProgram] { try recipe.programs() }

    package func train(on cluster: some Cluster) async throws -> TrainedModel {
        let model = try await recipe.train(on: cluster)
        guard let evaluation = model.evaluation else { preconditionFailure("a job measures at least one task") }
        let report = evaluation.report(steps: recipe.inner.steps, divergedInTraining: model.divergedTasks)
        return TrainedModel(model, metrics: evaluation.metrics(steps: recipe.inner.steps), report: report)
    }
}

extension MetaEvaluation {
    /// The figures before adaptation and after some steps, by name.
    func metrics(steps: Int) -> Metrics {
        var metrics: Metrics = ["loss_before_adaptation": self.steps[0].loss.mean]
        metrics.values["accuracy_before_adaptation"] = self.steps[0].accuracy?.mean
        if self.steps.indices.contains(steps) {
            metrics.values["loss_after_adaptation"] = self.steps[steps].loss.mean
            metrics.values["accuracy_after_adaptation"] = self.steps[steps].accuracy?.mean
        }
        return metrics
    }

    /// The figures before adaptation, after as many steps as in training, and after the most, for people.
    func report(steps: Int, divergedInTraining: Int = 0) -> Report {
        let shown = Set([0, steps, self.steps.count - 1]).filter(self.steps.indices.contains).sorted()
        var report: Report = []
        for count in shown {
            let figures = self.steps[count]
            let when = count == 0 ? "before" : count == 1 ? "1 step" : "\(count) steps"
            let (what, estimate, text) =
                figures.accuracy.map { ("accuracy", $0, ReportLine.percent) }
                ?? ("loss", figures.loss, ReportLine.decimal)
            report.append(ReportLine("\(what), \(when)", "\(text(estimate.mean)) ± \(text(estimate.margin))"))
        }
        let note = diverged == 0 ? "" : ", of which \(diverged) diverged and are left out"
        report.append(ReportLine("held-out tasks", "\(tasks)\(note)"))
        if divergedInTraining > 0 { report.append(ReportLine("tasks left out", "\(divergedInTraining) that diverged")) }
        return report
    }
}

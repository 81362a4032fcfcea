public import Datasets
import Networks
import Recipes
public import Tasks
import Tensors

extension SavedModel {
    /// What a model becomes of a few rows of a new task.
    ///
    /// - Parameters:
    ///   - csv: The rows: for classes a column of the label, for numbers columns `y`, or `y 1`, `y 2`, … beside the features.
    ///   - label: The column of the class.
    ///   - steps: The steps of adaptation; as many as in training when nil.
    ///   - local: Where to compute.
    /// - Returns: the model, ready to be written, and what there is to say of it.
    /// - Throws: `Refusal` when this is no meta-learned model or the rows are not a task for it, `CSVError`, `RecipeError`.
    public func adapted(
        to csv: CSV,
        label: CSV.Column? = nil,
        steps: Int? = nil,
        on local: LocalExecutor = LocalExecutor()
    ) throws -> (model: SavedModel, report: Report) {
        guard let base = body as? MetaLearnedModel else {
            let kind =
                body is StoredAdaptedModel
                ? "has adapted already: adapt the one that it came from" : "was made by '\(recipe)'"
            throw Refusal("Only a meta-learned model can adapt, and this one \(kind).")
        }
        let support: (x: TensorValue, labels: TensorValue, answers: AdaptedModel.Answers, column: CSV.Column?)
        switch base.taskKind {
        case .classification(let ways):
            let column = label ?? .named("class")
            let found = try csv.dataset(label: column).classes.names
            guard found.count == ways else {
                throw Refusal(
                    "The model tells \(ways) classes apart, but the rows have \(found.count): give rows of \(ways)."
                )
            }
            let data = try csv.dataset(label: column, features: base.featureNames, classes: found)
            support = (data.features, try data.classes.indices, .classes(found), column)
        case .regression(let count):
            guard label == nil else {
                throw Refusal("The model answers with numbers, which stand in a column 'y'. Leave --label out.")
            }
            let (x, y) = try csv.numbers(base.featureNames, count: count, needsTargets: true)
            guard let y else { throw Refusal("The rows have nothing to adapt to.") }
            support = (x, y, .numbers(count), nil)
        }
        let weights: NamedWeights
        let losses: [Float]
        do {
            (weights, losses) = try base.adaptation(to: support.x, labels: support.labels, steps: steps, on: local)
        } catch RecipeError.lossDiverged(_, let step) {
            throw Refusal(
                """
                Adaptation diverged: the loss became infinite or NaN at step \(step + 1). Take fewer with --steps, and see \
                that the rows are of a size with those of training.
                """
            )
        }
        let adapted = try AdaptedModel(
            model: base.model,
            featureNames: base.featureNames,
            answers: support.answers,
            weights: weights
        )
        var provenance = provenance
        provenance.data = Hash(of: support.x.hash.bytes + support.labels.hash.bytes)
        let model = SavedModel(
            recipe: recipe,
            body: StoredAdaptedModel(adapted, label: support.column, origin: Hash(of: weightBytes)),
            metrics: Metrics([:]),
            job: job,
            provenance: provenance
        )
        let count = steps ?? base.inner.steps
        var report = [
            ReportLine("adapted to", "\(support.x.shape[0]) rows in \(count) \(count == 1 ? "step" : "steps")")
        ]
        if let first = losses.first, let last = losses.last {
            let (before, after) = (ReportLine.decimal(Double(first)), ReportLine.decimal(Double(last)))
            report.append(ReportLine("loss on these rows", "\(before) before, \(after) after"))
        }
        if base.model.layers.contains(where: \.usesBatchStatistics) {
            report.append(ReportLine("note", "with batch_norm, the rows of a file are judged together, not one by one"))
        }
        return (model, report)
    }
}

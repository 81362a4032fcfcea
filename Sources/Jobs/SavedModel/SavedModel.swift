public import Datasets
import Recipes
public import Tasks
import Tensors

/// A trained model with everything that is needed to use it, to judge it and to make it again.
///
/// It is kept as a folder of two files: `model.json`, for people and programs, and `weights.safetensors`. Neither holds a
/// date or the name of a machine: the same job gives the same bytes.
public struct SavedModel: Sendable {
    /// The recipe that made it.
    public let recipe: String
    package let body: any StorableModel
    /// What was measured when it was trained.
    public let metrics: Metrics
    /// The job, with every default.
    public let job: JSON
    /// Where it comes from.
    public let provenance: Provenance

    package init(recipe: String, body: any StorableModel, metrics: Metrics, job: JSON, provenance: Provenance) {
        self.recipe = recipe
        self.body = body
        self.metrics = metrics
        self.job = job
        self.provenance = provenance
    }

    /// Whether it was made of a meta-learned model for one task.
    public var isAdapted: Bool { body is StoredAdaptedModel }

    /// What the model says of the rows of a file.
    ///
    /// - Parameters:
    ///   - csv: The file.
    ///   - details: Whether to say how sure it is.
    ///   - local: Where to compute.
    /// - Returns: a line for each row.
    /// - Throws: `CSVError`, `DatasetError`, `RecipeError` or `Refusal`.
    public func answers(
        for csv: CSV,
        details: Bool = false,
        on local: LocalExecutor = LocalExecutor()
    ) throws -> AnswerTable {
        try body.answers(for: csv, details: details, on: local)
    }

    /// Measures the model on rows that have answers; of what it learned from, only the test part counts.
    ///
    /// - Throws: `CSVError`, `DatasetError`, `RecipeError` or `Refusal`.
    public func evaluation(on data: EvaluationData, local: LocalExecutor = LocalExecutor()) throws -> Report {
        try body.evaluation(on: data, provenance: provenance, local: local)
    }

    /// The models that a folder can hold, by kind. A new form of model needs a line here.
    static let kinds: [any StorableModel.Type] = [
        TabularModel<VotingEnsemble>.self, TabularModel<BoostedEnsemble>.self, MetaLearnedModel.self,
        StoredAdaptedModel.self, SavedMultiTask.self,
    ]

    /// The weights file. A pure function of the model.
    public var weightBytes: [UInt8] { SafeTensors(body.tensors).bytes }
}

public import Datasets
public import Recipes
public import Tasks
public import Tensors

/// A trained model with everything that is needed to use it, to judge it and to make it again.
///
/// It is kept as a folder of two files: `model.json`, for people and programs, and `weights.safetensors`. Neither holds a
/// date or the name of a machine: the same job gives the same bytes.
public struct SavedModel: Sendable {
    /// The recipe that made it.
    public let recipe: String
    package let body: any StorableModel
    /// The column of the class in the training file; nil when it learned from a built-in set.
    public let label: CSV.Column?
    /// How features are to be shifted and scaled before they are shown to the model; nil for as they are.
    public let standardisation: Standardisation?
    /// What was measured when it was trained.
    public let metrics: Metrics
    /// The job, with every default.
    public let job: JSON
    /// Where it comes from.
    public let provenance: Provenance

    package init(
        recipe: String,
        body: any StorableModel,
        label: CSV.Column?,
        standardisation: Standardisation?,
        metrics: Metrics,
        job: JSON,
        provenance: Provenance
    ) {
        self.recipe = recipe
        self.body = body
        self.label = label
        self.standardisation = standardisation
        self.metrics = metrics
        self.job = job
        self.provenance = provenance
    }

    /// The names of the classes, in the order of their indices.
    public var classes: [String] { body.classes }
    /// The names of the features, in order.
    public var featureNames: [String] { body.featureNames }

    /// What the model says of rows of features as they stand in a file, `f32 [rows, features]`.
    ///
    /// - Throws: `DatasetError` or `RecipeError` when there are too few or too many features.
    public func predict(_ features: TensorValue, on local: LocalExecutor = LocalExecutor()) throws -> Prediction {
        try body.predict(standardisation?.applied(to: features) ?? features, on: local)
    }

    /// The models that a folder can hold, by kind. A new form of model needs a line here.
    static let kinds: [any StorableModel.Type] = [VotingEnsemble.self]

    /// The weights file. A pure function of the model.
    public var weightBytes: [UInt8] {
        var tensors = body.tensors
        if let standardisation {
            tensors[Self.meanName] = standardisation.mean
            tensors[Self.scaleName] = standardisation.scale
        }
        return SafeTensors(tensors).bytes
    }

    static let meanName = "standardisation.mean"
    static let scaleName = "standardisation.scale"
}

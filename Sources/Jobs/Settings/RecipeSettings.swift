package import Datasets
package import Tasks

/// What a job file says about one recipe, and how that is carried out. Each recipe has a type of its own.
package protocol RecipeSettings: Sendable {
    /// The name by which a job asks for it.
    static var name: String { get }
    /// The keys at the top of a job that it takes besides those of every job.
    static var keys: [String] { get }

    /// Reads those keys; what is absent has its default.
    init(reading job: Section) throws(DocumentError)

    /// The same keys with their resolved values.
    var canonical: [String: JSON] { get }

    /// Refuses data that the recipe cannot learn from with these settings.
    func check(_ training: Dataset) throws

    /// Trains a model on one part of the data and measures it on the other.
    func train(_ split: Split, seed: UInt64, on cluster: some Cluster) async throws -> TrainedModel

    /// What progress is counted in, in the plural.
    var progressUnit: String { get }
    /// How many of these there are.
    var progressTotal: Int { get }
    /// How many of these are finished when a task of this role is.
    func progress(of role: Role) -> Int
    /// The part of all the work that each task of a role is, 0...1, as far as is known before it has run.
    func shares(on training: Dataset) throws -> @Sendable (Role) -> Double
}

/// What a recipe made of the data.
package struct TrainedModel: Sendable {
    /// The model.
    package var model: any StorableModel
    /// What was measured.
    package var metrics: Metrics

    /// A model with its measurements.
    package init(_ model: some StorableModel, metrics: Metrics) {
        self.model = model
        self.metrics = metrics
    }
}

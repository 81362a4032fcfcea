package import Datasets
import Execution
import Synchronization
public import Tasks
import Tensors

/// A job whose data is read, cut and standardised. Whatever a user can have got wrong has been found by now, before a
/// worker is started or a file is written.
public struct TrainingPlan: Sendable {
    /// What is to be done.
    public let job: Job
    /// The part to learn from and the part to test on, standardised if the job says so.
    package let split: Split
    private let standardisation: Standardisation?
    private let data: Hash
    private let shares: @Sendable (Role) -> Double

    /// Reads the data of a job and checks that the recipe can learn from it.
    ///
    /// - Throws: `DocumentError`, `CSVError` or `DatasetError`.
    public init(_ job: Job) throws {
        self.job = job
        let dataset = try job.data.load()
        data = dataset.hash
        let split = try dataset.stratified(test: job.data.test, seed: job.seed)
        if job.data.standardize {
            let standardisation = try Standardisation(fittedOn: split.training)
            self.standardisation = standardisation
            self.split = try split.standardised(by: standardisation)
        } else {
            standardisation = nil
            self.split = split
        }
        try job.recipe.check(self.split.training)
        shares = try job.recipe.shares(on: self.split.training)
    }

    /// How far there is to go, in the recipe's own unit.
    public var start: TrainingProgress {
        TrainingProgress(unit: job.recipe.progressUnit, done: 0, total: job.recipe.progressTotal, tasks: 0, share: 0)
    }

    /// The part of all the work that each task of a role is, 0...1.
    public func share(of role: Role) -> Double { shares(role) }

    /// Trains and tests the model.
    ///
    /// - Parameters:
    ///   - cluster: Where the tasks run. The model does not depend on it.
    ///   - report: Is told of progress whenever a task has finished; from any thread, but never twice at once.
    /// - Returns: the model, ready to be written.
    /// - Throws: what the recipe and the cluster throw.
    public func train(
        on cluster: some Cluster,
        report: @escaping @Sendable (TrainingProgress) -> Void = { _ in }
    ) async throws -> SavedModel {
        let watched = WatchedCluster(cluster, plan: self, report: report)
        let trained = try await job.recipe.train(split, seed: job.seed, on: watched)
        return SavedModel(
            recipe: type(of: job.recipe).name,
            body: trained.model,
            label: job.data.label,
            standardisation: standardisation,
            metrics: trained.metrics,
            job: job.canonical,
            provenance: Provenance(
                job: job.hash,
                data: data,
                programs: watched.programs,
                seed: job.seed,
                test: job.data.test,
                numerics: job.numerics,
                numericsVersion: numericsVersion,
                troupe: troupeVersion
            )
        )
    }
}

/// How far training is.
public struct TrainingProgress: Hashable, Sendable {
    /// What is counted, in the plural, such as `members`.
    public var unit: String
    /// How many are finished.
    public var done: Int
    /// How many there are.
    public var total: Int
    /// How many tasks have finished.
    public var tasks: Int
    /// The part of all the work that is finished, 0...1.
    public var share: Double

    /// How far somebody is.
    public init(unit: String, done: Int, total: Int, tasks: Int, share: Double) {
        self.unit = unit
        self.done = done
        self.total = total
        self.tasks = tasks
        self.share = share
    }
}

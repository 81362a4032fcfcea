import Execution
public import Recipes
public import Tasks
public import Tensors

/// A job whose data is read, cut and standardised. Whatever a user can have got wrong has been found by now, before a
/// worker is started or a file is written.
public struct TrainingPlan: Sendable {
    /// What is to be done.
    public let job: Job
    package let prepared: any PreparedTraining

    /// Reads the data of a job and checks that the recipe can learn from it.
    ///
    /// - Throws: `DocumentError`, `CSVError`, `DatasetError` or `RecipeError`.
    public init(_ job: Job) throws {
        self.job = job
        prepared = try job.recipe.prepare(seed: job.seed)
    }

    /// What decides the model: SHA-256 over the job, its data and the numerics version.
    public var hash: Hash { Hash(of: job.hash.bytes + prepared.data.bytes + Array("\(numericsVersion)".utf8)) }

    /// How far there is to go, in the recipe's own unit.
    public var start: TrainingProgress {
        TrainingProgress(unit: prepared.progressUnit, done: 0, total: prepared.progressTotal, tasks: 0, share: 0)
    }

    /// The part of all the work that each task of a role is, 0...1.
    public func share(of role: Role) -> Double { prepared.share(of: role) }

    /// The programs that the tasks of the job run, by name.
    ///
    /// - Throws: what tracing throws.
    public func programs() throws -> [NamedProgram] { try prepared.programs() }

    /// Makes sure that what the tasks run fits into the memory of who runs them. It costs nothing unless a network is large;
    /// then all programs are compiled.
    ///
    /// - Parameter memory: Bytes for one task.
    /// - Throws: `DocumentError.refused` with the place of the network, and what tracing throws.
    public func checkFits(memory: Int) throws {
        guard let (size, count) = try prepared.largestNetwork() else { return }
        guard size.byteCount(networks: count) > memory / Self.mostCopies else { return }
        for named in try programs() {
            do {
                _ = try CompiledProgram(named.program, limits: ExecutionLimits(memory: memory))
            } catch {
                throw size.refusal(task: named.name, sideBySide: count, because: Self.sentence(error))
            }
        }
    }

    private static func sentence(_ error: ExecutionError) -> String {
        switch error {
        case .memory(let needed, let allowed): "it needs \(needed) bytes, and \(allowed) may be used"
        case .limit(let what): what
        default: "\(error)"
        }
    }

    /// How many times its size training takes for a network, at most, as a rule: gradients, what the optimiser keeps, random
    /// numbers.
    private static let mostCopies = 64

    /// Trains and tests the model.
    ///
    /// - Parameters:
    ///   - cluster: Where the tasks run. The model does not depend on it.
    ///   - report: Is told of progress whenever a task has finished; from any thread, but never twice at once.
    /// - Returns: the model, ready to be written, and what there is to say of it.
    /// - Throws: what the recipe and the cluster throw.
    public func train(
        on cluster: some Cluster,
        report: @escaping @Sendable (TrainingProgress) -> Void = { _ in }
    ) async throws -> (model: SavedModel, report: Report) {
        let watched = WatchedCluster(cluster, plan: self, report: report)
        let trained = try await prepared.train(on: watched)
        let model = SavedModel(
            recipe: type(of: job.recipe).name,
            body: trained.model,
            metrics: trained.metrics,
            job: job.canonical,
            provenance: Provenance(
                job: job.hash,
                data: prepared.data,
                programs: watched.programs,
                seed: job.seed,
                test: prepared.test,
                numerics: job.numerics,
                numericsVersion: numericsVersion,
                troupe: troupeVersion
            )
        )
        return (model, trained.report)
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

    /// Whether nothing is left to do. The last may be finished while others look at it, and a sum of parts is rounded.
    public var isOver: Bool { done == total && share > 1 - 1e-6 }

    /// How far somebody is.
    public init(unit: String, done: Int, total: Int, tasks: Int, share: Double) {
        self.unit = unit
        self.done = done
        self.total = total
        self.tasks = tasks
        self.share = share
    }
}

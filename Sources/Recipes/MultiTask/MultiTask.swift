import Datasets
public import Networks
public import Optimizers
public import Tasks
import Tensors

/// Multi-task learning by hard sharing: one trunk, and a head for each task, which learn together. Caruana 1997.
///
/// L(θ) = Σₘ ηₘ Lₘ(θ), where Lₘ is the mean loss of task m over a batch of its rows. Heads live on the workers: in each step
/// every head gets the trunk, steps by its own gradient, and returns its gradient on the trunk; the coordinator adds these
/// up in the order of the tasks and steps the trunk.
///
/// - Tasks may share a table, of which they then see the same batches, or have one each. A step takes a batch of each
///   table. An epoch is as many steps as the largest table has batches; smaller ones begin again meanwhile.
/// - A row without a label of a task takes no part in its mean. A batch without any leaves a loss of exactly 0.
/// - With one weight 1 and the others 0, trunk and head are bit for bit those of that task alone.
public struct MultiTask: Recipe {
    /// The layers that all tasks share.
    public var trunk: Sequential
    /// The tasks, in order.
    public var tasks: [PredictionTask]
    /// What turns gradients into steps, for the trunk and for each head.
    public var optimizer: any GradientTransform
    /// How often each row of the largest table is seen.
    public var epochs: Int
    /// Rows of each table in a step.
    public var batch: Int
    /// The seed of all randomness.
    public var seed: UInt64
    /// What is done when a head's loss becomes infinite or NaN.
    public var diverged: DivergencePolicy
    /// Whether each task is also learned alone, by the same layers in as many steps, to compare with.
    public var baselines: Bool
    /// How many steps lie between two snapshots.
    public var snapshotEvery: Int

    /// A network to be.
    ///
    /// - Parameters:
    ///   - trunk: The layers that all tasks share.
    ///   - tasks: The tasks, at least one, each with a name of its own.
    ///   - optimizer: What turns gradients into steps.
    ///   - epochs: How often each row of the largest table is seen.
    ///   - batch: Rows of each table in a step.
    ///   - seed: The seed of all randomness.
    ///   - diverged: What is done when a head's loss becomes infinite or NaN.
    ///   - baselines: Whether each task is also learned alone.
    ///   - snapshotEvery: How many steps lie between two snapshots.
    /// - Throws: `RecipeError` for a setting out of range or a head that does not fit its labels, `LayerError` for layers
    ///   that do not fit each other, `DatasetError` for labels that are not there.
    public init(
        trunk: Sequential,
        tasks: [PredictionTask],
        optimizer: any GradientTransform,
        epochs: Int = 20,
        batch: Int = 32,
        seed: UInt64 = 0,
        diverged: DivergencePolicy = .stop,
        baselines: Bool = true,
        snapshotEvery: Int = 1000
    ) throws {
        self.trunk = trunk
        self.tasks = tasks
        self.optimizer = optimizer
        self.epochs = epochs
        self.batch = batch
        self.seed = seed
        self.diverged = diverged
        self.baselines = baselines
        self.snapshotEvery = snapshotEvery
        try validate()
    }

    /// Trains trunk and heads together, and each task alone to compare with.
    public func train(on cluster: some Cluster) async throws -> MultiTaskModel {
        try validate()
        let learners = try tasks.map { try TaskLearner($0, trunk: trunk, optimizer: optimizer, batch: batch) }
        let tables = try await cluster.share(learners)
        let together = SharedTraining(
            name: Self.snapshotName,
            learners: learners,
            tables: tables,
            weights: tasks.map(\.weight),
            steps: steps,
            key: RandomKey(seed: seed).child("multi-task"),
            diverged: diverged,
            snapshotEvery: snapshotEvery
        )
        async let state = together.run(on: cluster)
        let compared = tasks.indices.filter { baselines && tasks[$0].weight > 0 && tasks[$0].test != nil }
        let alone = try await cluster.concurrently(over: compared) { index in
            try await baseline(together.alone(index), on: cluster)
        }
        let model = try await model(of: together, state)
        return try MultiTaskModel(
            trunk: trunk,
            trunkWeights: model.trunkWeights,
            featureNames: model.featureNames,
            tasks: tasks.indices.map { index in
                let score = tasks[index].weight > 0 ? try self.score(of: model, index, on: cluster.local) : nil
                let single = compared.firstIndex(of: index).flatMap { alone[$0] }
                let baseline = try single.flatMap { try self.score(of: $0, index, on: cluster.local) }
                return model.tasks[index].scored(score, baseline: baseline)
            }
        )
    }

    /// What its tasks run.
    package func programs() throws -> [NamedProgram] {
        let learners = try tasks.map { try TaskLearner($0, trunk: trunk, optimizer: optimizer, batch: batch) }
        let heads = tasks.count { $0.weight > 0 }
        return [NamedProgram(name: "trunk", program: try TrunkStep(trunk: learners[0].trunk).program(heads: heads))]
            + learners.map { NamedProgram(name: "head of \($0.name)", program: $0.step) }
    }

    /// What the snapshots of the tasks together are called.
    package static let snapshotName = "multi-task"

    /// What the same layers are that learn a task alone; nil when that diverges, which stops nothing else.
    private func baseline(_ training: SharedTraining, on cluster: some Cluster) async throws -> MultiTaskModel? {
        do {
            return try await model(of: training, training.run(on: cluster))
        } catch RecipeError.lossDiverged {
            return nil
        }
    }

    /// The number of steps: as many batches as the largest table of a task that takes part has, in each epoch.
    package var steps: Int {
        let most = tasks.filter { $0.weight > 0 }.map { task in
            let size = min(batch, task.training.rowCount)
            return (task.training.rowCount + size - 1) / size
        }.max()
        return epochs * (most ?? 0)
    }

    private func model(of training: SharedTraining, _ state: SharedState) throws -> MultiTaskModel {
        let trunkNetwork = training.learners[0].trunk
        return try MultiTaskModel(
            trunk: trunk,
            trunkWeights: trunkNetwork.parameters.weights(state.trunk),
            featureNames: tasks[0].training.featureNames,
            tasks: training.learners.indices.map { index in
                let learner = training.learners[index]
                return try TrainedTask(
                    name: learner.name,
                    head: learner.head.model,
                    weights: learner.head.parameters.weights(state.heads[index]),
                    target: learner.target,
                    weight: training.weights[index],
                    divergedAt: state.divergedAt[index]
                )
            }
        )
    }

    /// What a model scores on a task's test rows.
    private func score(of model: MultiTaskModel, _ index: Int, on local: LocalExecutor) throws -> TaskScore? {
        guard let test = tasks[index].test,
            let place = model.tasks.firstIndex(where: { $0.name == tasks[index].name })
        else { return nil }
        let prediction = try model.predict(test.features, on: local)[place]
        return TaskScore(prediction, labels: try test.label(tasks[index].label))
    }

    private func validate() throws {
        for (name, count) in [("epochs", epochs), ("batch", batch), ("snapshot every", snapshotEvery)] {
            try RecipeError.require(name, count, in: 1...1_000_000)
        }
        guard let first = tasks.first else {
            throw RecipeError.setting(name: "tasks", found: "empty", allowed: "at least one task")
        }
        let names = tasks.map(\.name)
        if let twice = names.indices.first(where: { names[..<$0].contains(names[$0]) }) {
            throw RecipeError.setting(name: "tasks", found: "'\(names[twice])' twice", allowed: "of different names")
        }
        for task in tasks where !(task.weight >= 0 && task.weight <= 1_000_000) {
            throw RecipeError.setting(
                name: "weight of \(task.name)",
                found: "\(task.weight)",
                allowed: "from 0 to 1000000"
            )
        }
        guard tasks.contains(where: { $0.weight > 0 }) else {
            throw RecipeError.setting(name: "weights", found: "all 0", allowed: "more than 0 for at least one task")
        }
        for task in tasks { try validate(task, features: first.training.featureNames) }
    }

    private func validate(_ task: PredictionTask, features: [String]) throws {
        for table in [task.training] + (task.test.map { [$0] } ?? []) where table.featureNames != features {
            throw DatasetError.partsDiffer(what: "features", training: features, test: table.featureNames)
        }
        let column = try task.training.label(task.label)
        guard column.presentCount > 0 else { throw DatasetError.noLabels(column: column.name) }
        if case .classes(let classes) = column.labels, classes.names.count < 2 {
            throw DatasetError.tooFewClasses(dataset: "\(task.training.name), \(column.name)", classes: classes.names)
        }
        if let tested = try task.test?.label(task.label) {
            switch (column.labels, tested.labels) {
            case (.numbers, .numbers): break
            case (.classes(let classes), .classes(let others)):
                guard classes.names == others.names else {
                    throw DatasetError.partsDiffer(what: "classes", training: classes.names, test: others.names)
                }
            case (_, .numbers), (.numbers, _):
                throw DatasetError.partsDiffer(
                    what: "labels",
                    training: [column.labels.kind],
                    test: [tested.labels.kind]
                )
            }
        }
        for (part, layers) in [("trunk", trunk.layers), ("head of \(task.name)", task.head.layers)] {
            guard let layer = layers.first(where: \.usesBatchStatistics) else { continue }
            throw RecipeError.setting(
                name: part,
                found: "with '\(layer.specification.name)'",
                allowed: "layers to which it does not matter what else is in a batch"
            )
        }
        let shared = try trunk.outputShape(for: [features.count])
        let found = try task.head.outputShape(for: shared)
        let needed = Shape([TaskTarget(column).outputs])
        guard found == needed else { throw RecipeError.headOutput(task: task.name, found: found, needed: needed) }
    }
}

extension Labels {
    fileprivate var kind: String {
        switch self {
        case .classes: "classes"
        case .numbers: "numbers"
        }
    }
}

public import Datasets
public import Networks
public import Optimizers
public import Tasks
import Tensors

/// Model-agnostic meta-learning: parameters from which a few steps of gradient descent lead to a good model of a new task.
/// Finn, Abbeel and Levine 2017, algorithm 1.
///
/// A meta-batch is cut into shards, each a task of the cluster that draws its episodes, adapts to each, and returns the sum
/// of their gradients. Where a meta-batch is one shard, nothing is there to be done side by side, and a task takes many
/// meta-batches, one after another.
public struct MAML: Recipe {
    /// How held-out tasks are measured after training.
    public struct Evaluation: Hashable, Sendable {
        /// The number of tasks; 0 for no evaluation.
        public var tasks: Int
        /// The most steps of adaptation; the figures are those after 0, 1, … of them.
        public var steps: Int

        /// An evaluation.
        public init(tasks: Int = 600, steps: Int = 10) {
            self.tasks = tasks
            self.steps = steps
        }
    }

    /// The network.
    public var model: Sequential
    /// What is trained on, p(T) in the paper.
    public var tasks: any EpisodeSource
    /// What is measured on.
    public var heldOut: any EpisodeSource
    /// How parameters adapt to a task.
    public var inner: InnerLoop
    /// What turns meta-gradients into steps.
    public var optimizer: any GradientTransform
    /// The number of meta-batches.
    public var iterations: Int
    /// The number of tasks of a meta-batch.
    public var batch: Int
    /// Tasks of a meta-batch that are worked on side by side, as one task of the cluster. It decides the order of sums, and
    /// so the model's last bits.
    ///
    /// A task of the cluster costs some tenths of a millisecond, which is more than 25 small waves take: they are best left
    /// one shard, however many workers there are. Where a task takes milliseconds, smaller shards keep more workers busy.
    public var tasksPerShard: Int
    /// The most meta-batches of a task of the cluster, where a meta-batch is one shard; nil for about half a second's worth.
    /// It does not change the model.
    public var iterationsPerTask: Int?
    /// How held-out tasks are measured after training.
    public var evaluation: Evaluation
    /// The iterations after which progress is made durable; nil for some seconds' worth of them.
    public var snapshotEvery: Int?
    /// What to do when the loss of a task becomes infinite or NaN.
    public var diverged: DivergencePolicy
    /// The seed of all randomness.
    public var seed: UInt64

    /// Meta-training to be.
    ///
    /// - Throws: `RecipeError.setting` for a number out of range, `RecipeError.output` and `LayerError` when the model does
    ///   not fit the tasks.
    public init(
        _ model: Sequential,
        tasks: any EpisodeSource,
        heldOut: (any EpisodeSource)? = nil,
        inner: InnerLoop = InnerLoop(),
        optimizer: any GradientTransform = adam(),
        iterations: Int,
        batch: Int = 25,
        tasksPerShard: Int = 25,
        iterationsPerTask: Int? = nil,
        evaluation: Evaluation = Evaluation(),
        snapshotEvery: Int? = nil,
        diverged: DivergencePolicy = .stop,
        seed: UInt64 = 0
    ) throws {
        self.model = model
        self.tasks = tasks
        self.heldOut = heldOut ?? tasks
        self.inner = inner
        self.optimizer = optimizer
        self.iterations = iterations
        self.batch = batch
        self.tasksPerShard = tasksPerShard
        self.iterationsPerTask = iterationsPerTask
        self.evaluation = evaluation
        self.snapshotEvery = snapshotEvery
        self.diverged = diverged
        self.seed = seed
        try validate()
    }

    /// Trains, and measures what was learned on held-out tasks.
    public func train(on cluster: some Cluster) async throws -> MetaLearnedModel {
        try validate()
        let programs = try MAMLPrograms(self)
        var state = try await start(programs, on: cluster)
        let trainer = MetaTrainer(
            maml: self,
            programs: programs,
            tables: try await cluster.shared(tasks.tables),
            cluster
        )
        let snapshotEvery = try snapshotInterval
        var segments = try segments
        while state.iteration < iterations {
            if shards.count > 1 {
                try trainer.step(&state, by: try await trainer.gradients(at: state))
            } else {
                let segment = segments.next(from: state.iteration)
                try await trainer.run(segment, from: &state)
                segments.note(hasDiverged: state.iteration < segment.upperBound)
                if state.iteration < segment.upperBound {
                    try trainer.step(&state, by: [try await trainer.diagnosis(at: state)])
                }
            }
            if state.iteration % snapshotEvery == 0 || state.iteration == iterations {
                try await cluster.save(state.snapshot, as: Self.snapshotName)
            }
        }
        let weights = try programs.network.parameters.weights(state.network)
        if weights.firstNonFinite != nil {
            throw RecipeError.lossDiverged(role: .metaBatch(iterations - 1, tasks: 0..<batch), step: inner.steps)
        }
        return try MetaLearnedModel(
            model: model,
            featureNames: tasks.featureNames,
            taskKind: tasks.kind,
            inner: inner,
            weights: weights,
            curve: state.curve.points,
            evaluation: await evaluate(programs.network.parameters(of: state.network), programs, on: cluster)
        )
    }

    /// How many meta-batches of a segment were done by a task that left these outputs.
    package static func finished(of segment: Range<Int>, leaving outputs: TaskOutputs) async throws -> Int {
        let divergence = try await outputs["divergence"].value.elements(as: Int32.self)[0]
        return divergence < 0 ? segment.count : Int(divergence)
    }

    private static let snapshotName = "meta-training"

    /// Where to go on from: the last snapshot, or fresh parameters.
    private func start(_ programs: MAMLPrograms, on cluster: some Cluster) async throws -> MetaTrainingState {
        let network = try programs.network.start(root.child("weights"), on: cluster.local)
        let start = MetaTrainingState(network: network, iterations: iterations)
        guard let snapshot = try await cluster.snapshot(Self.snapshotName) else { return start }
        return try MetaTrainingState(snapshot, like: start, iterations: iterations)
    }

    /// The figures of held-out tasks, before adaptation and after each step of it.
    private func evaluate(
        _ parameters: TensorValue,
        _ programs: MAMLPrograms,
        on cluster: some Cluster
    ) async throws -> MetaEvaluation? {
        guard evaluation.tasks > 0 else { return nil }
        let tables = try await cluster.shared(heldOut.tables)
        let count = evaluation.tasks
        let start = [TaskInput.value(parameters), innerRate]
        let results = try await cluster.concurrently(over: evaluationBlocks) { tasks in
            let keys = TaskInput.value(keys("evaluation", tasks.lowerBound, tasks.count))
            let role = Role.named("evaluation, tasks \(tasks.lowerBound + 1) to \(tasks.upperBound) of \(count)")
            let outputs = try await cluster.run(
                programs.evaluation(tasks: tasks.count),
                Work(role, inputs: start + [keys] + tables)
            )
            var figures: [[Float]] = []
            for handle in outputs.handles { figures.append(try await handle.value.floats) }
            return figures
        }
        return MetaEvaluation(
            tasks: count,
            steps: evaluation.steps,
            losses: results.flatMap { $0[0] },
            accuracies: results.allSatisfy { $0.count > 1 } ? results.flatMap { $0[1] } : nil
        )
    }

    private var root: RandomKey { RandomKey(seed: seed).child("maml") }

    var innerRate: TaskInput { .value(TensorValue(scalar: Float(inner.rate))) }

    /// `u32 [count, 2]`: an episode depends on the seed, its purpose and its number only.
    func keys(_ purpose: String, _ first: Int, _ count: Int) -> TensorValue {
        root.child(purpose).children(first..<(first + count))
    }

    /// The tasks of a meta-batch, shard by shard.
    var shards: [Range<Int>] { (0..<batch).cut(into: tasksPerShard) }

    /// The held-out tasks, by task of the cluster.
    var evaluationBlocks: [Range<Int>] { (0..<evaluation.tasks).cut(into: 50) }

    /// The iterations between snapshots: as given, or about 3 · 10¹⁰ multiplications, which take a second or two. Where they
    /// lie changes no bit of the model.
    private var snapshotInterval: Int {
        get throws { try snapshotEvery ?? max(1, min(1000, Int(3e10 / multiplications))) }
    }

    /// How meta-batches are cut into tasks.
    var segments: MetaSegments {
        get throws {
            MetaSegments(length: try segmentLength, snapshotEvery: try snapshotInterval, iterations: iterations)
        }
    }

    /// The iterations of a segment: as given, or about 10¹⁰ multiplications, which take half a second. It changes no bit of
    /// the model.
    private var segmentLength: Int {
        get throws {
            // Of a small network the single operations take longer than their multiplications; and keys need memory.
            try iterationsPerTask ?? max(1, min(Int(1e10 / multiplications), 5000, (1 << 20) / batch))
        }
    }

    /// About how many multiplications an iteration takes.
    private var multiplications: Double {
        get throws {
            let perExample = Double(try model.multiplications(for: tasks.exampleShape))
            // Forward, backward, and twice that for the gradient of the gradient.
            let examples = Double(tasks.rows.support * inner.steps * 6 + tasks.rows.query * 3)
            return perExample * examples * Double(batch)
        }
    }

    /// The program that adds up the gradients takes one of each shard and two more inputs, and may have 4,096.
    package static let mostShards = 4_094

    private func validate() throws {
        try RecipeError.require("iterations", iterations, in: 1...100_000_000)
        try RecipeError.require("batch", batch, in: 1...100_000)
        try RecipeError.require("tasks per shard", tasksPerShard, in: 1...4096)
        try RecipeError.require("batch / tasks per shard", shards.count, in: 1...Self.mostShards)
        try RecipeError.require("iterations per task", iterationsPerTask ?? 1, in: 1...100_000)
        try RecipeError.require("inner steps", inner.steps, in: 1...10_000)
        try RecipeError.require("evaluation tasks", evaluation.tasks, in: 0...1_000_000)
        try RecipeError.require("evaluation steps", evaluation.steps, in: 0...10_000)
        try RecipeError.require("snapshot every", snapshotEvery ?? 1, in: 1...100_000_000)
        guard inner.rate > 0, inner.rate.isFinite else {
            throw RecipeError.setting(name: "inner rate", found: "\(inner.rate)", allowed: "more than 0 and finite")
        }
        guard tasks.kind == heldOut.kind, tasks.featureNames == heldOut.featureNames else {
            throw RecipeError.setting(
                name: "held out",
                found: "tasks of another kind or with other features than those to train on",
                allowed: "alike"
            )
        }
        let found = try model.outputShape(for: tasks.exampleShape)
        guard found == [tasks.kind.outputs] else {
            throw RecipeError.output(found: found, needed: [tasks.kind.outputs])
        }
        try model.requireWeights(for: tasks.exampleShape)
    }
}

extension Cluster {
    /// Keeps tables in the cluster, as inputs of tasks.
    fileprivate func shared(_ tables: [(name: String, value: TensorValue)]) async throws -> [TaskInput] {
        var inputs: [TaskInput] = []
        for table in tables { inputs.append(.handle(try await share(table.value))) }
        return inputs
    }
}

extension Sequential {
    /// The multiplications of a forward pass by weights, for one example: each weight once for each place where it is used.
    fileprivate func multiplications(for example: Shape) throws -> Int {
        var shape = example
        var counts = [Int](repeating: 0, count: layers.count)
        let weights = try parameterPorts(for: example)
        for (index, layer) in layers.enumerated() {
            shape = try layer.outputShape(for: shape)
            let places = shape.sizes.dropLast().reduce(1, *)
            counts[index] =
                places * weights.filter { $0.name.hasPrefix("layers.\(index).") }.map(\.type.shape.count).reduce(0, +)
        }
        return max(1, counts.reduce(0, +))
    }
}

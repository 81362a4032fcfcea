import Datasets
import Networks
public import Recipes
import Tensors

/// What a job says about meta-training by MAML: `tasks`, `model`, `inner`, `meta`, `evaluation`, `snapshot_every` and
/// `diverged`.
public struct MAMLSettings: RecipeSettings, Hashable {
    /// What it learns from.
    public var tasks: EpisodeSettings
    /// The layers.
    public var network: NetworkSetting
    /// How parameters adapt to a task.
    public var inner: InnerLoop
    /// The number of meta-batches.
    public var iterations: Int
    /// The tasks of a meta-batch.
    public var batch: Int
    /// How many of them a worker works on at once.
    public var tasksPerShard: Int
    /// What turns meta-gradients into steps.
    public var optimizer: OptimizerSetting
    /// How held-out tasks are measured.
    public var evaluation: MAML.Evaluation
    /// The iterations between snapshots; nil for some seconds' worth. It does not change the model.
    public var snapshotEvery: Int?
    /// What to do when the loss of a task becomes infinite or NaN.
    public var diverged: DivergencePolicy

    package static let name = "maml"
    package static let keys = ["tasks", "model", "inner", "meta", "evaluation", "snapshot_every", "diverged"]

    package init(reading job: Section, file: String) throws(DocumentError) {
        tasks = try EpisodeSettings(reading: job.required("tasks", EpisodeSettings.expected), job: file)
        let isWaves = tasks.source == .sinusoid
        network = try NetworkSetting(
            reading: job.section("model", keys: ["layers"]),
            default: isWaves ? Self.layersForWaves : Self.layersForImages
        )
        let inner = try job.section("inner", keys: ["rate", "steps", "order"])
        self.inner = InnerLoop(
            rate: try inner.number("rate", .positive, default: isWaves ? 0.01 : 0.1),
            steps: try inner.integer("steps", in: 1...10_000, default: 1),
            order: try inner.word("order", default: .second)
        )
        let meta = try job.section("meta", keys: ["iterations", "batch", "tasks_per_shard", "optimizer"])
        iterations = try meta.integer("iterations", in: 1...100_000_000, default: isWaves ? 10_000 : 1_000)
        batch = try meta.integer("batch", in: 1...100_000, default: isWaves ? 25 : 16)
        let least = (batch + MAML.mostShards - 1) / MAML.mostShards
        tasksPerShard = try meta.integer("tasks_per_shard", in: least...4096, default: max(least, isWaves ? 25 : 8))
        optimizer = try OptimizerSetting(in: meta)
        let measured = try job.section("evaluation", keys: ["tasks", "steps"])
        evaluation = MAML.Evaluation(
            tasks: try measured.integer("tasks", in: 1...1_000_000, default: 600),
            steps: try measured.integer("steps", in: 1...10_000, default: 10)
        )
        snapshotEvery = try job["snapshot_every"]?.integer("snapshot_every", in: 1...100_000_000)
        diverged = try job.word("diverged", default: .stop)
    }

    /// Finn et al. 2017, section 5.1.
    private static let layersForWaves: [LayerSetting] = [
        .fixed(Dense(40).specification), .fixed(ReLU().specification), .fixed(Dense(40).specification),
        .fixed(ReLU().specification), .perClass(name: "dense", setting: "units"),
    ]

    /// The network without convolutions of section 5.2 of the same.
    private static let layersForImages: [LayerSetting] =
        [256, 128, 64, 64].flatMap { units in
            [Dense(units).specification, BatchNorm().specification, ReLU().specification].map(LayerSetting.fixed)
        } + [.perClass(name: "dense", setting: "units")]

    package var canonical: [String: JSON] {
        [
            "tasks": tasks.canonical,
            "model": network.canonical,
            "inner": inner.canonical,
            "meta": .object([
                "iterations": .integer(iterations),
                "batch": .integer(batch),
                "tasks_per_shard": .integer(tasksPerShard),
                "optimizer": optimizer.canonical,
            ]),
            "evaluation": .object([
                "tasks": .integer(evaluation.tasks),
                "steps": .integer(evaluation.steps),
            ]),
            "diverged": .text(diverged.rawValue),
        ]
    }

    package func prepare(seed: UInt64) throws -> any PreparedTraining { try PreparedMAML(self, seed: seed) }

    /// The recipe on tasks that have been read.
    ///
    /// - Throws: `DocumentError` when the layers do not fit each other or the tasks.
    func recipe(on loaded: EpisodeSettings.Loaded, seed: UInt64) throws -> MAML {
        let needed = loaded.training.kind.outputs
        let (model, output) = try network.model(outputs: needed, for: loaded.training.exampleShape)
        guard output == [needed] else {
            throw DocumentError.refused(
                network.place,
                "the last layer gives \(output) for each example, but the tasks ask for \(needed) "
                    + "\(needed == 1 ? "number" : "numbers"). End with {dense: \(needed)}, or {dense: classes}."
            )
        }
        return try MAML(
            model,
            tasks: loaded.training,
            heldOut: loaded.heldOut,
            inner: inner,
            optimizer: optimizer.transform,
            iterations: iterations,
            batch: batch,
            tasksPerShard: tasksPerShard,
            evaluation: evaluation,
            snapshotEvery: snapshotEvery,
            diverged: diverged,
            seed: seed
        )
    }
}

extension InnerLoop {
    /// As a job has it.
    var canonical: JSON {
        .object(["rate": .number(rate), "steps": .integer(steps), "order": .text(order.rawValue)])
    }
}

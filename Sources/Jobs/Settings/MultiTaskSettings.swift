import Datasets
import Networks
public import Recipes

/// What a job says about a multi-task network: tables and their labels, a trunk, and a head for each label.
public struct MultiTaskSettings: RecipeSettings, Hashable {
    /// The tasks, in the order in which the job names them.
    var tasks: [TaskSetting]
    /// The share of the rows of each table that is held back for the test, above 0 and below 1.
    public var test: Double
    /// Whether features are shifted to mean 0 and scaled to deviation 1, as measured on the training parts.
    public var standardize: Bool
    /// The layers that all tasks share.
    public var trunk: NetworkSetting
    /// What turns gradients into steps.
    public var optimizer: OptimizerSetting
    /// How often each row of the largest table is seen.
    public var epochs: Int
    /// Rows of each table in a step.
    public var batch: Int
    /// What is done when a head's loss becomes infinite or NaN.
    public var diverged: DivergencePolicy
    /// Whether each task is also learned alone, to compare with.
    public var baselines: Bool
    /// How many steps lie between two snapshots.
    public var snapshotEvery: Int

    package static let name = "multitask"
    package static let keys = [
        "data", "tasks", "test", "standardize", "trunk", "head", "heads", "weights", "optimizer", "epochs", "batch",
        "diverged", "baselines", "snapshot_every",
    ]

    package init(reading job: Section, file: String) throws(DocumentError) {
        tasks = try TaskSetting.list(reading: job, file: file)
        test = try job.number("test", .part, default: 0.3)
        standardize = try job.flag("standardize", default: true)
        trunk = try NetworkSetting(
            reading: job.section("trunk", keys: ["layers"]),
            default: [.fixed(LayerSpecification("dense", ["units": 64])), .fixed(LayerSpecification("relu"))]
        )
        optimizer = try OptimizerSetting(in: job)
        epochs = try job.integer("epochs", in: 1...1_000_000, default: 20)
        batch = try job.integer("batch", in: 1...1_000_000, default: 32)
        diverged = try job.word("diverged", default: .stop)
        baselines = try job.flag("baselines", default: true)
        snapshotEvery = try job.integer("snapshot_every", in: 1...1_000_000, default: 1000)
    }

    package var canonical: [String: JSON] {
        [
            "tasks": .list(tasks.map(\.canonical)),
            "test": .number(test),
            "standardize": .flag(standardize),
            "trunk": trunk.canonical,
            "optimizer": optimizer.canonical,
            "epochs": .integer(epochs),
            "batch": .integer(batch),
            "diverged": .text(diverged.rawValue),
            "baselines": .flag(baselines),
            "snapshot_every": .integer(snapshotEvery),
        ]
    }

    package func prepare(seed: UInt64) throws -> any PreparedTraining {
        try PreparedMultiTask(self, data: MultiLabelData(self, seed: seed), seed: seed)
    }
}

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
    public var trunk: [LayerSetting]
    /// Where these were written.
    var trunkPlace: Place
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
        let trunk = try job.section("trunk", keys: ["layers"])
        trunkPlace = trunk.place(of: "layers")
        self.trunk =
            try trunk["layers"].map { field throws(DocumentError) in
                try LayerSetting.list(reading: field, "trunk.layers")
            } ?? [.fixed(LayerSpecification("dense", ["units": 64])), .fixed(LayerSpecification("relu"))]
        optimizer =
            try job["optimizer"].map { field throws(DocumentError) in try OptimizerSetting(reading: field) }
            ?? .standard
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
            "trunk": .object(["layers": .list(trunk.map(\.canonical))]),
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

/// What a job says about one task.
struct TaskSetting: Sendable, Hashable {
    /// What a label is.
    enum Kind: String, CaseIterable {
        case number
        case `class`
    }

    /// The task's name.
    var name: String
    /// The table that its label is a column of.
    var table: TableSetting
    /// The column.
    var label: String
    /// What its cells are.
    var kind: Kind
    /// How much its loss counts.
    var weight: Double
    /// The head's layers.
    var head: [LayerSetting]
    /// Where these were written.
    var headPlace: Place

    /// The column as it is read.
    var column: CSV.Label { kind == .number ? .number(label) : .classes(label) }

    /// A table of which some columns are labels.
    struct TableSetting: Sendable, Hashable {
        var path: FilePath
        /// What stands for a missing label besides an empty cell.
        var missing: String?

        init(reading section: Section, job: String) throws(DocumentError) {
            let field = try section.required("csv", FilePath.expected)
            path = try FilePath(reading: field, section.path(of: "csv"), job: job)
            missing = try section["missing"]?.text(
                section.path(of: "missing"),
                "what stands for a missing label, such as NA"
            )
            try path.checkExists()
        }
    }

    private static let standardHead: [LayerSetting] = [
        .fixed(LayerSpecification("dense", ["units": 32])), .fixed(LayerSpecification("relu")),
        .perClass(name: "dense", setting: "units"),
    ]

    /// Reads `data` or `tasks`, and `head`, `heads` and `weights`.
    static func list(reading job: Section, file: String) throws(DocumentError) -> [TaskSetting] {
        let head = try job.section("head", keys: ["layers"])
        var shared = (layers: standardHead, place: head.place(of: "layers"))
        if let field = head["layers"] { shared.layers = try LayerSetting.list(reading: field, "head.layers") }
        var tasks: [TaskSetting] = []
        func add(_ name: String, _ table: TableSetting, _ label: String, _ kind: Kind) {
            tasks.append(
                TaskSetting(
                    name: name,
                    table: table,
                    label: label,
                    kind: kind,
                    weight: 1,
                    head: shared.layers,
                    headPlace: shared.place
                )
            )
        }
        if job["tasks"] != nil {
            guard job["data"] == nil else {
                throw .refused(job.place(of: "tasks"), "'data' and 'tasks' are both given. Keep one.")
            }
            let section = try job.section("tasks", keys: nil)
            for name in section.keys {
                let task = try section.section(name, keys: ["csv", "label", "type", "missing"])
                let label = try task["label"]?.text(task.path(of: "label"), "the name of a column") ?? name
                let type = try task.required("type", "number or class")
                let kind: Kind = try type.word(task.path(of: "type"))
                add(name, try TableSetting(reading: task, job: file), label, kind)
            }
        } else {
            _ = try job.required("data", "a file such as {csv: people.csv, labels: {age: number, smoker: class}}")
            let data = try job.section("data", keys: ["csv", "labels", "missing"])
            let table = try TableSetting(reading: data, job: file)
            _ = try data.required("labels", "the columns to predict, such as {age: number, smoker: class}")
            let labels = try data.section("labels", keys: nil)
            for name in labels.keys {
                let type = try labels.required(name, "number or class")
                add(name, table, name, try type.word(labels.path(of: name)))
            }
        }
        guard !tasks.isEmpty else { throw .refused(job.place, "there is nothing to predict: name at least one label.") }
        return try tasks.refined(by: job)
    }

    var canonical: JSON {
        .object([
            "name": .text(name),
            "csv": .text(table.path.path),
            "missing": table.missing.map(JSON.text) ?? .null,
            "label": .text(label),
            "type": .text(kind.rawValue),
            "weight": .number(weight),
            "head": .object(["layers": .list(head.map(\.canonical))]),
        ])
    }
}

extension [TaskSetting] {
    /// The tasks with what `heads` and `weights` say of some of them.
    fileprivate func refined(by job: Section) throws(DocumentError) -> [TaskSetting] {
        let names = map(\.name)
        let (heads, weights) = (try job.section("heads", keys: names), try job.section("weights", keys: names))
        var tasks = self
        for index in tasks.indices {
            let name = tasks[index].name
            tasks[index].weight = try weights.number(name, .notNegative, default: 1)
            let head = try heads.section(name, keys: ["layers"])
            guard let field = head["layers"] else { continue }
            tasks[index].head = try LayerSetting.list(reading: field, head.path(of: "layers"))
            tasks[index].headPlace = head.place(of: "layers")
        }
        return tasks
    }
}

import Datasets
import Networks

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
    /// Where the column was named.
    var place: Place
    /// What its cells are.
    var kind: Kind
    /// How much its loss counts.
    var weight: Double
    /// The head's layers.
    var head: NetworkSetting

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
        let head = try NetworkSetting(reading: job.section("head", keys: ["layers"]), default: standardHead)
        var tasks: [TaskSetting] = []
        func add(_ name: String, _ table: TableSetting, _ label: String, at place: Place, _ kind: Kind) {
            tasks.append(
                TaskSetting(name: name, table: table, label: label, place: place, kind: kind, weight: 1, head: head)
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
                let place = task["label"]?.place ?? section.place(of: name)
                add(name, try TableSetting(reading: task, job: file), label, at: place, kind)
            }
        } else {
            _ = try job.required("data", "a file such as {csv: people.csv, labels: {age: number, smoker: class}}")
            let data = try job.section("data", keys: ["csv", "labels", "missing"])
            let table = try TableSetting(reading: data, job: file)
            _ = try data.required("labels", "the columns to predict, such as {age: number, smoker: class}")
            let labels = try data.section("labels", keys: nil)
            for name in labels.keys {
                let type = try labels.required(name, "number or class")
                add(name, table, name, at: labels.place(of: name), try type.word(labels.path(of: name)))
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
            "head": head.canonical,
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
            if head["layers"] != nil { tasks[index].head = try NetworkSetting(reading: head) }
        }
        return tasks
    }
}

package import Datasets
import Networks
package import Recipes
package import Tasks
package import Tensors

/// A multi-task network with what it takes to use it on the rows of a file.
package struct SavedMultiTask: StorableModel {
    /// Where a task's labels came from.
    package struct Origin: Hashable, Sendable {
        /// The column.
        package var label: String
        /// What stood for a missing label besides an empty cell.
        package var missing: String?
        /// The hash of all rows with this label, before they were cut.
        package var data: Hash
    }

    /// The network.
    package let network: MultiTaskModel
    /// One for each task.
    package let origins: [Origin]
    /// How features are to be shifted and scaled before they are shown to the network; nil for as they are.
    package let standardisation: Standardisation?

    package static var kind: String { "multi-task" }
    package static var keys: [String] { ["trunk", "tasks", "features", "standardised"] }

    /// A network and how its rows are made.
    init(_ network: MultiTaskModel, origins: [Origin], standardisation: Standardisation?) {
        self.network = network
        self.origins = origins
        self.standardisation = standardisation
    }

    package init(reading root: Section, weights: [String: TensorValue], file: String) throws {
        var weights = weights
        let features = try root.names("features")
        standardisation = try Standardisation(takingFrom: &weights, of: root, features: features.count, file: file)
        let trunk = try NetworkSetting(reading: root.section("trunk", keys: ["layers"])).model(outputs: 1)
        var (tasks, origins) = ([TrainedTask](), [Origin]())
        for (index, field) in try root.required("tasks", "a list of tasks").list("tasks", of: "tasks").enumerated() {
            let keys = ["name", "label", "missing", "data", "type", "classes", "layers", "weight", "diverged_at"]
            let section = try Section(field, path: "tasks.\(index)", keys: keys)
            let target: TaskTarget
            if section["classes"] != nil {
                target = .classes(try section.names("classes"))
            } else {
                target = .number(try TargetScale(takingFrom: &weights, "heads.\(index).target", file: file))
            }
            tasks.append(
                TrainedTask(
                    name: try section.required("name", "a name").text(section.path(of: "name"), "a name"),
                    head: try NetworkSetting(reading: section).model(outputs: target.outputs),
                    weights: try NamedWeights(takingFrom: &weights, below: "heads.\(index)"),
                    target: target,
                    weight: try section.number("weight", .notNegative, default: 1),
                    divergedAt: try section["diverged_at"]?.integer(section.path(of: "diverged_at"), in: 0 ... .max)
                )
            )
            origins.append(
                Origin(
                    label: try section.required("label", "a name").text(section.path(of: "label"), "a name"),
                    missing: try section["missing"]?.text(section.path(of: "missing"), "a text"),
                    data: try section.required("data", "a hash").hash(section.path(of: "data"))
                )
            )
        }
        self.origins = origins
        network = try MultiTaskModel(
            trunk: trunk,
            trunkWeights: NamedWeights(takingFrom: &weights, below: "trunk"),
            featureNames: features,
            tasks: tasks
        )
        if let surplus = weights.keys.min() {
            throw DocumentError.refused(.file(file), "the tensor '\(surplus)' belongs to no part of the model.")
        }
    }

    package var description: [String: JSON] {
        let tasks = zip(network.tasks, origins).map { task, origin in
            var members: [String: JSON] = [
                "name": .text(task.name),
                "label": .text(origin.label),
                "missing": origin.missing.map(JSON.text) ?? .null,
                "data": .text(origin.data.description),
                "layers": task.head.canonical,
                "weight": .number(task.weight),
                "diverged_at": task.divergedAt.map(JSON.integer) ?? .null,
            ]
            switch task.target {
            case .classes(let names):
                members["type"] = .text("class")
                members["classes"] = .list(names.map(JSON.text))
            case .number: members["type"] = .text("number")
            }
            return JSON.object(members)
        }
        return [
            "trunk": .object(["layers": network.trunk.canonical]),
            "tasks": .list(tasks),
            "features": .list(network.featureNames.map(JSON.text)),
            "standardised": .flag(standardisation != nil),
        ]
    }

    package var tensors: [String: TensorValue] {
        var tensors = standardisation?.tensors ?? [:]
        func add(_ weights: NamedWeights, below path: String) {
            for (name, value) in zip(weights.names, weights.values) { tensors["\(path).\(name)"] = value }
        }
        add(network.trunkWeights, below: "trunk")
        for (index, task) in network.tasks.enumerated() {
            add(task.weights, below: "heads.\(index)")
            if case .number(let scale) = task.target {
                tensors["heads.\(index).target"] = TensorValue([scale.mean, scale.scale])
            }
        }
        return tensors
    }

    private func predict(_ features: TensorValue, on local: LocalExecutor) throws -> [TaskPrediction] {
        try network.predict(standardisation?.applied(to: features) ?? features, on: local)
    }

    /// A column for each task and, with details, one for the probability of each class.
    package func answers(for csv: CSV, details: Bool, on local: LocalExecutor) throws -> AnswerTable {
        let features = try csv.features(named: network.featureNames, ignoring: origins.map(\.label))
        var columns: [String] = []
        var rows = [[String]](repeating: [], count: features.shape[0])
        for (task, prediction) in zip(network.tasks, try predict(features, on: local)) {
            columns.append(task.name)
            switch (prediction, task.target) {
            case (.classes(let classes, let probabilities, let count), .classes(let names)):
                if details { columns += names.map { "probability of \(task.name) \($0)" } }
                for row in rows.indices {
                    rows[row].append(names[classes[row]])
                    guard details else { continue }
                    rows[row] += probabilities[(row * count)..<((row + 1) * count)].map { "\($0)" }
                }
            case (.numbers(let numbers), _): for row in rows.indices { rows[row].append("\(numbers[row])") }
            case (.classes, .number): preconditionFailure("classes have names")
            }
        }
        return AnswerTable(columns: columns, rows: rows)
    }

    /// A line for each task whose label the rows have.
    package func evaluation(
        on data: EvaluationData,
        provenance: Provenance,
        local: LocalExecutor
    ) throws -> Report {
        guard let source = data.source else {
            throw Refusal("Say with --data which file of rows to measure the model on.")
        }
        guard data.label == nil else {
            throw Refusal("This model predicts several labels, which are known by their names. Leave out --label.")
        }
        var report: Report = []
        for (task, origin) in zip(network.tasks, origins) {
            guard var table = try rows(source, of: task, origin) else { continue }
            var remark = ""
            if table.hash == origin.data, let test = provenance.test {
                table = try table.split(test: test, seed: provenance.seed).test
                remark = " of the test part of the data that it learned from"
            }
            guard let index = network.tasks.firstIndex(where: { $0.name == task.name }),
                let score = TaskScore(try predict(table.features, on: local)[index], labels: table.labels[0])
            else { continue }
            report.append(ReportLine(task.name, "\(score.text); \(score.rows) rows\(remark)"))
        }
        guard !report.isEmpty else {
            let labels = origins.map { "'\($0.label)'" }.joined(separator: ", ")
            throw Refusal(
                "\(source): no row has any of the labels \(labels). Give a file that has one of these columns."
            )
        }
        return report
    }

    /// The rows of a file with one task's label; nil when it does not have it.
    private func rows(_ source: String, of task: TrainedTask, _ origin: Origin) throws -> MultiLabelTable? {
        let labels = zip(network.tasks, origins).map { task, origin -> (label: CSV.Label, classes: [String]) in
            switch task.target {
            case .classes(let names): (.classes(origin.label), names)
            case .number: (.number(origin.label), [])
            }
        }
        let table = try CSV(file: source, header: .present).table(
            labels: labels,
            features: network.featureNames,
            missing: origin.missing
        )
        return try? table.selecting(origin.label)
    }
}

extension NamedWeights {
    /// Takes the tensors below a path out of a model's weights.
    ///
    /// - Throws: `RecipeError.weights`.
    fileprivate init(takingFrom weights: inout [String: TensorValue], below path: String) throws(RecipeError) {
        let taken = weights.filter { $0.key.hasPrefix(path + ".layers.") }
        for name in taken.keys { weights[name] = nil }
        let named = taken.map { (String($0.key.dropFirst(path.count + 1)), $0.value) }
        try self.init(Dictionary(named) { first, _ in first })
    }
}

extension TargetScale {
    /// Takes mean and scale out of a model's weights.
    ///
    /// - Throws: `DocumentError` when they are missing, `RecipeError.weights` when they are none.
    fileprivate init(takingFrom weights: inout [String: TensorValue], _ name: String, file: String) throws {
        guard let value = weights.removeValue(forKey: name), value.type == TensorType(.f32, [2]) else {
            throw DocumentError.refused(.file(file), "the tensor '\(name)' is missing, or not a mean and a scale.")
        }
        try self.init(mean: value.floats[0], scale: value.floats[1])
    }
}

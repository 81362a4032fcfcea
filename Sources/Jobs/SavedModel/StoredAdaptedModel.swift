package import Datasets
import Networks
package import Recipes
package import Tasks
package import Tensors

/// A network that has adapted to the rows of a file, with what it takes to use it on others.
package struct StoredAdaptedModel: StorableModel {
    /// The network.
    package let base: AdaptedModel
    /// The column of the class in the file that it adapted to; nil where it answers with numbers.
    package let label: CSV.Column?
    /// The SHA-256 of the weights that it adapted from.
    package let origin: Hash

    package static var kind: String { "adapted" }
    package static var keys: [String] { ["model", "features", "classes", "label", "adapted_from"] }

    /// A network and how its rows are read.
    package init(_ base: AdaptedModel, label: CSV.Column?, origin: Hash) {
        self.base = base
        self.label = label
        self.origin = origin
    }

    package init(reading root: Section, weights: [String: TensorValue], file: String) throws {
        let section = try root.section("model", keys: ["layers", "outputs"])
        let network = try NetworkSetting(reading: section)
        let outputs = try section.required("outputs", "a whole number").integer("model.outputs", in: 1...1_000_000)
        base = try network.blamed {
            try AdaptedModel(
                model: network.model(outputs: outputs),
                featureNames: root.names("features"),
                answers: root["classes"] == nil ? .numbers(outputs) : .classes(root.names("classes")),
                weights: NamedWeights(weights)
            )
        }
        label = try root.column("label")
        origin = try root.required("adapted_from", "a hash").hash("adapted_from")
    }

    package var description: [String: JSON] {
        let classes: JSON = if case .classes(let names) = base.answers { .list(names.map(JSON.text)) } else { .null }
        return [
            "model": .object(["layers": base.model.canonical, "outputs": .integer(outputs)]),
            "features": .list(base.featureNames.map(JSON.text)),
            "classes": classes,
            "label": label?.json ?? .null,
            "adapted_from": .text(origin.description),
        ]
    }

    package var tensors: [String: TensorValue] { base.weights.tensors }

    private var outputs: Int {
        switch base.answers {
        case .classes(let names): names.count
        case .numbers(let count): count
        }
    }

    /// A column with the class and, with details, one for each class's probability; or the columns of the numbers.
    package func answers(for csv: CSV, details: Bool, on local: LocalExecutor) throws -> AnswerTable {
        switch base.answers {
        case .classes(let names):
            let says = try base.predict(csv.features(named: base.featureNames, ignoring: label), on: local)
            return AnswerTable(
                columns: ["class"] + (details ? names.map { "probability of \($0)" } : []),
                rows: says.rows.map { row in [names[row.firstLargest]] + (details ? row.map { "\($0)" } : []) }
            )
        case .numbers(let count):
            guard !details else {
                throw Refusal(
                    "This model answers with numbers, which have no probabilities. Leave --probabilities out."
                )
            }
            let says = try base.predict(csv.numbers(base.featureNames, count: count).features, on: local)
            return AnswerTable(columns: Self.targets(count), rows: says.rows.map { row in row.map { "\($0)" } })
        }
    }

    package func evaluation(
        on data: EvaluationData,
        provenance: Provenance,
        local: LocalExecutor
    ) throws -> Report {
        guard let source = data.source else { throw Refusal("Say with --data which rows to measure the model on.") }
        let csv = CSV(file: source)
        switch base.answers {
        case .classes(let names):
            guard let column = data.label ?? label else { throw Refusal("Say with --label which column is the class.") }
            let rows = try csv.dataset(label: column, features: base.featureNames, classes: names)
            let labels = try rows.classes.ofRows
            let right = try zip(base.predict(rows.features, on: local).rows, labels).count { $0.firstLargest == $1 }
            return [
                ReportLine("accuracy", share: Double(right) / Double(labels.count)),
                ReportLine("rows", "\(labels.count)"),
            ]
        case .numbers(let count):
            let (x, y) = try csv.numbers(base.featureNames, count: count, needsTargets: true)
            let targets = y?.floats ?? []
            let squares = try zip(base.predict(x, on: local).floats, targets).reduce(0.0) { sum, pair in
                sum + (Double(pair.0) - Double(pair.1)) * (Double(pair.0) - Double(pair.1))
            }
            return [
                ReportLine("mean squared error", ReportLine.decimal(squares / Double(targets.count))),
                ReportLine("rows", "\(x.shape[0])"),
            ]
        }
    }

    /// The columns of numbers to predict: `y`, or `y 1`, `y 2`, …
    static func targets(_ count: Int) -> [String] { count == 1 ? ["y"] : (1...count).map { "y \($0)" } }
}

extension CSV {
    /// Rows of features and the numbers to predict, which stand in columns called `y`, or `y 1`, `y 2`, …
    ///
    /// - Returns: `f32 [rows, features]` and `f32 [rows, count]`; nil for the latter when the file need not have them and
    ///   does not.
    func numbers(
        _ features: [String],
        count: Int,
        needsTargets: Bool = false
    ) throws(CSVError) -> (features: TensorValue, targets: TensorValue?) {
        let targets = StoredAdaptedModel.targets(count)
        let all: TensorValue
        do throws(CSVError) {
            all = try numbers(features: features, targets: targets)
        } catch {
            if needsTargets { throw error }
            return (try self.features(named: features), nil)
        }
        let rows = all.rows
        return (
            TensorValue(rows.flatMap { $0.prefix(features.count) }, shape: [rows.count, features.count]),
            TensorValue(rows.flatMap { $0.dropFirst(features.count) }, shape: [rows.count, count])
        )
    }
}

extension TensorValue {
    /// The rows of an `f32` matrix.
    var rows: [ArraySlice<Float>] {
        let width = shape[1]
        let all = floats
        return (0..<shape[0]).map { all[($0 * width)..<(($0 + 1) * width)] }
    }
}

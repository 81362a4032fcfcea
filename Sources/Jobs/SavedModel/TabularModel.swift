package import Datasets
import Foundation
package import Recipes
package import Tasks
package import Tensors

/// A classifier with what it takes to use it on the rows of a file.
package struct TabularModel<Base: StorableClassifier>: StorableModel {
    /// The classifier.
    package let base: Base
    /// The column of the class in the training file; nil when it learned from a built-in set.
    package let label: CSV.Column?
    /// How features are to be shifted and scaled before they are shown to the classifier; nil for as they are.
    package let standardisation: Standardisation?

    package static var kind: String { Base.kind }
    package static var keys: [String] { ["model", "classes", "features", "label", "standardised"] }

    /// A classifier and how its rows are made.
    package init(_ base: Base, label: CSV.Column?, standardisation: Standardisation?) {
        self.base = base
        self.label = label
        self.standardisation = standardisation
    }

    package init(reading root: Section, weights: [String: TensorValue], file: String) throws {
        var weights = weights
        let features = try root.names("features")
        standardisation = try Standardisation(takingFrom: &weights, of: root, features: features.count, file: file)
        base = try Base(
            reading: root.section("model", keys: nil),
            classes: root.names("classes"),
            featureNames: features,
            weights: weights
        )
        label = try root.column("label")
    }

    package var description: [String: JSON] {
        [
            "model": .object(base.architecture),
            "classes": .list(base.classes.map(JSON.text)),
            "features": .list(base.featureNames.map(JSON.text)),
            "label": label?.json ?? .null,
            "standardised": .flag(standardisation != nil),
        ]
    }

    package var tensors: [String: TensorValue] {
        base.tensors.merging(standardisation?.tensors ?? [:]) { own, _ in own }
    }

    /// What the classifier says of rows of features as they stand in a file, `f32 [rows, features]`.
    ///
    /// - Throws: `DatasetError` or `RecipeError` when there are too few or too many features.
    package func predict(_ features: TensorValue, on local: LocalExecutor) throws -> Prediction {
        try base.predict(standardisation?.applied(to: features) ?? features, on: local)
    }

    /// A column with the class and, with details, one for each class's share.
    package func answers(for csv: CSV, details: Bool, on local: LocalExecutor) throws -> AnswerTable {
        let prediction = try predict(csv.features(named: base.featureNames, ignoring: label), on: local)
        let classes = base.classes
        return AnswerTable(
            columns: ["class"] + (details ? classes.map { "probability of \($0)" } : []),
            rows: prediction.classes.enumerated().map { row, index in
                let shares = prediction.shares[(row * classes.count)..<((row + 1) * classes.count)]
                return [classes[index]] + (details ? shares.map { "\($0)" } : [])
            }
        )
    }

    package func evaluation(
        on data: EvaluationData,
        provenance: Provenance,
        local: LocalExecutor
    ) throws -> Report {
        guard let source = data.source else {
            throw Refusal("Say with --data which rows to measure the model on: a file, or a built-in set.")
        }
        var rows = try load(source, label: data.label)
        var remark = ""
        if rows.hash == provenance.data, let test = provenance.test {
            rows = try rows.stratified(test: test, seed: provenance.seed).test
            remark = ", the test part of the data that it learned from"
        }
        let accuracy = try predict(rows.features, on: local).accuracy(labels: rows.classes.ofRows)
        return [ReportLine("accuracy", share: accuracy), ReportLine("rows", "\(rows.rowCount)\(remark)")]
    }

    private func load(_ source: String, label: CSV.Column?) throws -> Dataset {
        if let known = BuiltIn(rawValue: source) {
            let rows = known.dataset
            guard rows.featureNames == base.featureNames, try rows.classes.names == base.classes else {
                throw Refusal(
                    "The model learned from other features or classes than those of '\(source)'. Give a file with its own."
                )
            }
            return rows
        }
        guard source.contains(".") || source.contains("/") || FileManager.default.fileExists(atPath: source) else {
            let known = BuiltIn.allCases.map(\.rawValue).sorted().joined(separator: ", ")
            throw Refusal("There is neither a file nor a built-in set '\(source)'. Built-in sets: \(known).")
        }
        guard let column = label ?? self.label else {
            throw Refusal(
                "The model learned from a built-in set, so say with --label which column of \(source) is the class."
            )
        }
        return try CSV(file: source).dataset(label: column, features: base.featureNames, classes: base.classes)
    }
}

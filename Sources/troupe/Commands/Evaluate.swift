import ArgumentParser
import Datasets
import Jobs
import Recipes
import Tensors

/// `troupe evaluate`
struct Evaluate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Measures a model on labelled rows.",
        discussion: """
            On the data that the model learned from, only the test part counts, which it has not seen.
            """
    )

    @Argument(help: "The folder of the model.", completion: .directory)
    var model: String

    @Option(
        help: ArgumentHelp(
            "A file of comma-separated values, or a built-in set: \(BuiltIn.allCases.map(\.rawValue).sorted().joined(separator: ", ")).",
            valueName: "file or set"
        ),
        completion: .file()
    )
    var data: String

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The column of the class, by name or number. (default: as in training)", valueName: "column")
    )
    var label: String?

    func run() async throws {
        let model = try SavedModel(folder: model)
        var rows = try load(for: model)
        var remark = ""
        if rows.hash == model.provenance.data {
            rows = try rows.stratified(test: model.provenance.test, seed: model.provenance.seed).test
            remark = ", the test part of the data that it learned from"
        }
        let labels = try rows.classes.indices.elements(as: Int32.self).map(Int.init)
        let prediction = try model.predict(rows.features)
        StandardOutput.say("accuracy".padded(to: 22) + Summary.percent(prediction.accuracy(labels: labels)))
        StandardOutput.say("rows".padded(to: 22) + "\(rows.rowCount)\(remark)")
    }

    private func load(for model: SavedModel) throws -> Dataset {
        if let known = BuiltIn(rawValue: data) {
            let rows = known.dataset
            guard rows.featureNames == model.featureNames, try rows.classes.names == model.classes else {
                throw Refusal(
                    "The model learned from other features or classes than those of '\(data)'. Give a file with its own."
                )
            }
            return rows
        }
        guard let column = label.map({ Int($0).map(CSV.Column.number) ?? .named($0) }) ?? model.label else {
            throw Refusal(
                "The model learned from a built-in set, so say with --label which column of \(data) is the class."
            )
        }
        return try CSV(file: data).dataset(label: column, features: model.featureNames, classes: model.classes)
    }
}

import ArgumentParser
import Datasets
import Jobs

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
    var data: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The column of the class, by name or number. (default: as in training)", valueName: "column")
    )
    var label: String?

    func run() async throws {
        let column = label.map { Int($0).map(CSV.Column.number) ?? .named($0) }
        let report = try SavedModel(folder: model).evaluation(on: EvaluationData(source: data, label: column))
        for line in report { StandardOutput.say(line.title.padded(to: Summary.width) + line.value) }
    }
}

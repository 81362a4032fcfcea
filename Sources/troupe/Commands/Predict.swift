import ArgumentParser
import Datasets
import Foundation
import Jobs

/// `troupe predict`
struct Predict: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict",
        abstract: "Predicts the answer for each row of a file.",
        discussion: """
            Prints a line for each row, after a line that names the columns. The file needs the features that the model was \
            trained on, by name and in any order, or without a header in the order of training. A column with the label's \
            name is not looked at.
            """
    )

    @Argument(help: "The folder of the model.", completion: .directory)
    var model: String

    @Option(
        help: ArgumentHelp("A file with the rows, as comma-separated values.", valueName: "file"),
        completion: .file()
    )
    var data: String

    @Option(name: .shortAndLong, help: ArgumentHelp("Write to a file instead of standard output.", valueName: "file"))
    var output: String?

    @Flag(help: "Add how much speaks for each class: the mean probability, or with a hard vote the share of the votes.")
    var probabilities = false

    func run() async throws {
        if let output { try refuseToReplaceWhatIsRead(output) }
        let model = try SavedModel(folder: model)
        let text = try model.answers(for: CSV(file: data), details: probabilities).csv
        if let output {
            try OutputFile.write(text, to: output)
        } else {
            StandardOutput.write(text)
        }
    }

    /// Predictions never take the place of the rows that they are of, or of a file of the model.
    private func refuseToReplaceWhatIsRead(_ output: String) throws(Refusal) {
        func place(_ path: String) -> String { URL(fileURLWithPath: path).resolvingSymlinksInPath().standardized.path }
        guard place(output) != place(data), !place(output).hasPrefix(place(model) + "/") else {
            throw Refusal(
                "\(output): this file is read here, and would be replaced. Choose another place with --output."
            )
        }
    }
}

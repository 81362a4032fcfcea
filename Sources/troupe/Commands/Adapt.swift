import ArgumentParser
import Datasets
import Foundation
import Jobs

/// `troupe adapt`
struct Adapt: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "adapt",
        abstract: "Adapts a meta-learned model to a few labelled rows, and writes the model of that task.",
        discussion: """
            The rows have the features that the model was trained on, and a column of the class, or a column 'y' of the \
            number to predict.
            """
    )

    @Argument(help: "The folder of the meta-learned model.", completion: .directory)
    var model: String

    @Option(
        help: ArgumentHelp("A file with the rows, as comma-separated values.", valueName: "file"),
        completion: .file()
    )
    var data: String

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The column of the class, by name or number. (default: class)", valueName: "column")
    )
    var label: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How many steps to take. (default: as in training)", valueName: "number")
    )
    var steps: Int?

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("The folder for the model. (default: <model>-adapted)", valueName: "folder"),
        completion: .directory
    )
    var output: String?

    @Flag(help: "Put the model into a folder that holds other files too; they are left alone.")
    var force = false

    func validate() throws {
        guard (0...1_000_000).contains(steps ?? 0) else {
            throw ValidationError("--steps must be from 0 to 1000000.")
        }
    }

    func run() async throws {
        let column = label.map { Int($0).map(CSV.Column.number) ?? .named($0) }
        let folder = output ?? place + "-adapted"
        func resolved(_ path: String) -> String {
            URL(fileURLWithPath: path).resolvingSymlinksInPath().standardized.path
        }
        guard resolved(folder) != resolved(model) else {
            throw Refusal("\(folder): this model is read here, and would be replaced. Choose another with --output.")
        }
        let (adapted, report) = try SavedModel(folder: model).adapted(to: CSV(file: data), label: column, steps: steps)
        let reserved = try SavedModel.reserve(folder, force: force)
        StandardOutput.say(Summary(report: report, folder: folder, weights: try adapted.write(to: reserved)))
    }

    /// The folder of the model, without slashes at its end.
    private var place: String {
        let trimmed = model.reversed().drop { $0 == "/" }.reversed()
        return String(trimmed)
    }
}

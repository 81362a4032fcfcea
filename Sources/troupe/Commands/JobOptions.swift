import ArgumentParser
import Foundation
import Jobs

/// The job and where its model goes: what `train` and `coordinator` have in common.
struct JobOptions: ParsableArguments {
    @Argument(help: "The job file.", completion: .file(extensions: ["yaml", "yml"]))
    var job: String

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("The folder for the model. (default: models/<name of the job file>)", valueName: "folder"),
        completion: .directory
    )
    var output: String?

    @Option(help: "Replaces the job's seed.")
    var seed: UInt64?

    @Option(
        name: .customLong("set"),
        parsing: .singleValue,
        help: ArgumentHelp("Replaces a value of the job, such as ensemble.members=8.", valueName: "key=value")
    )
    var overrides: [String] = []

    @Flag(help: "Put the model into a folder that holds other files too; they are left alone.")
    var force = false

    /// The job with its replacements.
    ///
    /// - Throws: `DocumentError`.
    func read() throws -> Job {
        var replaced = try overrides.map { try Override($0) }
        if let seed { replaced.append(Override(key: "seed", value: "\(seed)", option: "--seed \(seed)")) }
        return try Job(file: job, overrides: replaced)
    }

    /// The folder of the model.
    var folder: String { output ?? "models/\(URL(fileURLWithPath: job).deletingPathExtension().lastPathComponent)" }
}

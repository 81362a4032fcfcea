import ArgumentParser
import Foundation
import Jobs
import Tasks

/// `troupe train`
struct Train: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Trains a model here, with a coordinator in this process and workers as its children.",
        discussion: """
            The model does not depend on the number of workers: the same job gives the same bytes.
            """
    )

    @OptionGroup var job: JobOptions

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "How many worker processes to start; 0 trains in this process. (default: one for each core)",
            valueName: "number"
        )
    )
    var workers: Int?

    @OptionGroup var logs: LogOptions

    func validate() throws {
        guard (0...1024).contains(workers ?? 1) else { throw ValidationError("--workers must be from 0 to 1024.") }
    }

    func run() async throws {
        logs.apply()
        let plan = try TrainingPlan(job.read())
        let folder = try SavedModel.reserve(job.folder, force: job.force)
        let count = workers ?? ProcessInfo.processInfo.activeProcessorCount
        let summary = try await Interruption.cancels {
            let display = ProgressDisplay(plan.start)
            defer { display.finish() }
            let model = try await LocalCrew(workers: count).lead { cluster in
                try await plan.train(on: cluster, report: display.update)
            }
            let weights = try model.write(to: folder)
            return Summary(metrics: model.metrics, folder: job.folder, weights: weights)
        }
        StandardOutput.say(summary)
    }
}

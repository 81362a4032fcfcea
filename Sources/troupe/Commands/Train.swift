import ArgumentParser
import Coordination
import Foundation
import Jobs
import Tasks

/// `troupe train`
struct Train: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Trains a model on this machine, with worker processes that it starts and ends.",
        discussion: """
            The model does not depend on the number of workers: the same job gives the same bytes. After Ctrl-C, a crash \
            or `kill -9` the same command goes on from what was done.
            """
    )

    @OptionGroup var job: JobOptions

    @Option(
        name: .shortAndLong,
        parsing: .unconditional,
        help: ArgumentHelp(
            "How many worker processes to start; 0 starts none and trains in this one. (default: one for each core)",
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
        let crew = LocalCrew(
            workers: workers ?? ProcessInfo.processInfo.activeProcessorCount,
            isVerbose: logs.verbose
        )
        if crew.workers > 0 { try DescriptorLimit.requireRoomForChildren() }
        // What each of them takes for itself.
        let memory = WorkerSettings().memoryLimit
        try await job.train(memory: memory) { plan, ledger in
            let display = ProgressDisplay(plan)
            return try await crew.lead(writingTo: ledger) { cluster, status in
                try await display.train(on: cluster, ledger: ledger, status: status)
            }
        }
    }
}

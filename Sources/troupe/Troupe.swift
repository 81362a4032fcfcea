import ArgumentParser
import Foundation
import Jobs

/// The command `troupe`.
@main
struct Troupe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "troupe",
        abstract: "Trains ensembles and meta-learners, on one machine or on many.",
        discussion: """
            Begin with a job file, such as those in Cluster/jobs:

              troupe train bagging-digits.yaml
              troupe predict models/bagging-digits --data new.csv

            A command returns 0, or 2 when something that it was given is wrong, 1 when something else fails, and 129, 130 or \
            143 when a lost terminal, Ctrl-C or SIGTERM ended it. A worker returns 0 also when no coordinator was there for as \
            long as --wait says.
            """,
        version: "troupe \(troupeVersion)",
        subcommands: [
            Train.self, Coordinate.self, Work.self, Keys.self, Predict.self, Evaluate.self, Adapt.self, Verify.self,
            ProgramCommand.self, Benchmark.self,
        ]
    )

    /// Runs the command that the arguments name, and ends the process as `Ending` says.
    static func main() async {
        // A file that may not grow is told like a full disk.
        signal(SIGXFSZ, SIG_IGN)
        // A reader of the log that goes away costs nothing but the log.
        signal(SIGPIPE, SIG_IGN)
        do {
            try Invocation(arguments: Array(CommandLine.arguments.dropFirst())).check()
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            StandardError.flush()
        } catch {
            Ending(of: error).leave()
        }
    }
}

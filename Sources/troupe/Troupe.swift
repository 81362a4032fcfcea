import ArgumentParser
import Jobs

/// The command `troupe`.
@main
struct Troupe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "troupe",
        abstract: "Trains ensembles and meta-learners, in this process or on many machines.",
        version: "troupe \(troupeVersion)",
        subcommands: [Train.self, Coordinate.self, Work.self, Predict.self, Evaluate.self, Benchmark.self]
    )

    /// Runs the command that the arguments name, and ends the process as `Ending` says.
    static func main() async {
        do {
            try Invocation(arguments: Array(CommandLine.arguments.dropFirst())).check()
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            Ending(of: error).leave()
        }
    }
}

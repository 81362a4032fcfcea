import ArgumentParser
import Jobs

/// `troupe worker`
struct Work: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker",
        abstract: "Runs tasks for a coordinator until it says that there are no more."
    )

    @Option(help: ArgumentHelp("Where the coordinator listens.", valueName: "address"))
    var connect = Address.standard

    @Option(help: "What the coordinator calls this worker. (default: made of the host's name)")
    var name: String?

    @Option(help: "How many tasks to run at the same time.")
    var slots = 1

    @Flag(help: "Allow a coordinator on another machine, although messages are not encrypted.")
    var insecure = false

    @OptionGroup var logs: LogOptions

    func validate() throws {
        guard (1...1024).contains(slots) else { throw ValidationError("--slots must be from 1 to 1024.") }
    }

    func run() async throws {
        logs.apply()
        try connect.require(local: !insecure)
    }
}

import ArgumentParser
import Jobs

/// `troupe coordinator`
struct Coordinate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coordinator",
        abstract: "Trains a model with workers that connect, from this machine or others."
    )

    @OptionGroup var job: JobOptions

    @Option(help: ArgumentHelp("Where workers find it, as tcp://host:port or ipc://path.", valueName: "address"))
    var bind = Address.standard

    @Flag(help: "Allow an address that other machines can reach, although messages are not encrypted.")
    var insecure = false

    @OptionGroup var logs: LogOptions

    func run() async throws {
        logs.apply()
        try bind.require(local: !insecure)
    }
}

extension Address {
    /// Where coordinators and workers meet unless told otherwise.
    static let standard = Address(localPort: 7077)
}

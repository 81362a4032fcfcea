import ArgumentParser
import Coordination
import Jobs
import Wire

/// `troupe coordinator`
struct Coordinate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coordinator",
        abstract: "Trains a model with workers that connect, from this machine or others."
    )

    @OptionGroup var job: JobOptions

    @Option(
        help: ArgumentHelp("Where workers find it, as tcp://host:port or ipc:///path.", valueName: "address"),
        transform: { try Address($0) }
    )
    var bind = Address.standard

    @Flag(help: "Allow an address that other machines can reach, although messages are not encrypted.")
    var insecure = false

    @OptionGroup var logs: LogOptions

    func run() async throws {
        logs.apply()
        try bind.require(local: !insecure)
        let address = bind.description
        try await job.train { plan, report in
            let coordinator = try Coordinator(settings: CoordinatorSettings(build: troupeVersion))
            let bound = try await coordinator.listen(at: address)
            StandardError.say("Waiting for workers at \(bound).")
            do {
                let model = try await plan.train(on: coordinator, report: report)
                await coordinator.stop()
                return model
            } catch {
                await coordinator.stop(workIsDone: false)
                throw error
            }
        }
    }
}

import ArgumentParser
import Coordination
import Jobs
import Wire

/// `troupe coordinator`
struct Coordinate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coordinator",
        abstract: "Trains a model with workers that you start, on this machine or others.",
        discussion: """
            Start workers with `troupe worker --connect ADDRESS`, before or after this command; they may come and go. When the \
            model is ready, they end. The model does not depend on them: the same job gives the same bytes.
            """
    )

    @OptionGroup var job: JobOptions

    @Option(
        help: ArgumentHelp(
            "Where to listen, as tcp://host:port (* is any free port) or ipc:///path. (default: \(Address.standard))",
            valueName: "address"
        ),
        transform: Address.toListen
    )
    var bind = Address.standard

    @Flag(help: "Listen where other machines can connect, although messages are not encrypted and anybody may come.")
    var insecure = false

    @OptionGroup var logs: LogOptions

    func run() async throws {
        logs.apply()
        try bind.require(local: !insecure)
        let address = bind.description
        try await job.train { plan, ledger in
            let coordinator = try Coordinator(settings: CoordinatorSettings(build: troupeVersion), ledger: ledger)
            let bound = try await Address(coordinator.listen(at: address))
            defer { bound.removeFile() }
            StandardError.say("Waiting for workers at \(bound). Start them with: \(bound.invitation)")
            do {
                let trained = try await ProgressDisplay(plan).train(on: coordinator, ledger: ledger) {
                    await coordinator.status()
                }
                await coordinator.stop()
                return trained
            } catch {
                await coordinator.stop(workIsDone: false)
                throw error
            }
        }
    }
}

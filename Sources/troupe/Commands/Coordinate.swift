import ArgumentParser
import Coordination
import Foundation
import Jobs
import Wire

/// `troupe coordinator`
struct Coordinate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coordinator",
        abstract: "Trains a model with workers that you start, on this machine or others.",
        discussion: """
            Start workers with `troupe worker --connect ADDRESS`, before or after this command; they may come and go. When the \
            model is ready, they end. The model does not depend on them: the same job gives the same bytes. For other machines \
            than this one, keys are needed: see `troupe help keys`.
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

    @Option(
        help: ArgumentHelp(
            "Its secret key, of `troupe keys generate`. Beside it lies the list of the workers that may come.",
            valueName: "file"
        ),
        completion: .file(extensions: ["secret"])
    )
    var key: String?

    @Flag(help: "Listen where other machines can connect, although messages are not encrypted and anybody may come.")
    var insecure = false

    @OptionGroup var logs: LogOptions

    func validate() throws {
        guard key == nil || !insecure else { throw ValidationError("--insecure and --key contradict each other.") }
    }

    func run() async throws {
        logs.apply()
        try bind.require(local: !insecure && key == nil, key: "coordinator")
        let address = bind.description
        let keys = try key.map { try CoordinatorKeys(file: $0) }
        if let key, try keys?.countAuthorized() == 0 {
            let folder = URL(fileURLWithPath: key).deletingLastPathComponent().relativePath
            let place = folder == "keys" ? "" : " --folder \(folder)"
            StandardError.say("No worker may come yet. Let one in with: troupe keys authorize FILE.public\(place)")
        }
        let settings = CoordinatorSettings(
            build: troupeVersion,
            protection: keys.map { .keys($0) } ?? (insecure ? .none : .thisMachine)
        )
        DescriptorLimit.raise()
        try await job.train(isInsecure: insecure) { plan, ledger in
            let coordinator = try Coordinator(settings: settings, ledger: ledger)
            let bound = try await Address(coordinator.listen(at: address))
            defer { bound.removeFile() }
            StandardError.say(
                "Waiting for workers at \(bound). Start them with: \(bound.invitation(hasKeys: keys != nil))"
            )
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

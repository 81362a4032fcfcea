import ArgumentParser
import Coordination
import Foundation
import Jobs
import Logging
import Wire

/// `troupe worker`
struct Work: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker",
        abstract: "Runs tasks for a coordinator until there are no more.",
        discussion: """
            A coordinator that is not there yet, or goes away before its work is done, is waited for, for ever unless \
            --wait says how long; a worker that has waited in vain says so and returns 0. On SIGTERM or Ctrl-C \
            a worker takes nothing new, finishes what it runs for up to ten seconds, and ends; a second time, it ends at once.
            """
    )

    @Option(
        help: ArgumentHelp(
            "Where the coordinator listens, as tcp://host:port or ipc:///path. (default: \(Address.standard))",
            valueName: "address"
        ),
        transform: Address.toConnect
    )
    var connect = Address.standard

    @Option(help: "Its name in logs. (default: the host's name and the process's number)")
    var name: String?

    @Option(parsing: .unconditional, help: "How many tasks to run at the same time.")
    var slots = 1

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("End when no coordinator is there for so long.", valueName: "seconds")
    )
    var wait: Int?

    @Option(
        help: ArgumentHelp("Its secret key, of `troupe keys generate`.", valueName: "file"),
        completion: .file(extensions: ["secret"])
    )
    var key: String?

    @Option(
        help: ArgumentHelp(
            "The public key of its coordinator. (default: coordinator.public, in the folder of its own)",
            valueName: "file"
        ),
        completion: .file(extensions: ["public"])
    )
    var coordinatorKey: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "How much of its inputs and results to keep for later tasks. (default: an eighth of the memory)",
            valueName: "MiB"
        )
    )
    var cache: Int?

    @Flag(help: "Connect to another machine, although messages are not encrypted and the coordinator may be anybody.")
    var insecure = false

    /// For children of `troupe train`.
    @Flag(help: ArgumentHelp("End as soon as standard input ends.", visibility: .hidden))
    var whileInput = false

    @OptionGroup var logs: LogOptions

    func validate() throws {
        guard (1...1024).contains(slots) else { throw ValidationError("--slots must be from 1 to 1024.") }
        guard (0...1 << 30).contains(cache ?? 0) else { throw ValidationError("--cache must be from 0 to 1073741824.") }
        guard (1...1_000_000).contains(wait ?? 1) else { throw ValidationError("--wait must be from 1 to 1000000.") }
        guard key == nil || !insecure else { throw ValidationError("--insecure and --key contradict each other.") }
        guard key != nil || coordinatorKey == nil else {
            throw ValidationError("--coordinator-key is of use only with --key.")
        }
    }

    func run() async throws {
        // What goes wrong with a child's task, the parent tells.
        logs.apply(quiet: whileInput ? .error : .warning)
        try connect.require(local: !insecure && key == nil, key: "NAME")
        let keys = try key.map { try WorkerKeys(file: $0, coordinator: coordinatorKey) }
        let patience = wait.map { Duration.seconds($0) }
        let settings = WorkerSettings(
            name: name,
            slots: slots,
            build: troupeVersion,
            cacheBytes: cache.map { $0 << 20 },
            wait: patience,
            protection: keys.map { .keys($0) } ?? (insecure ? .none : .thisMachine)
        )
        let worker = try Worker(connectingTo: connect.description, settings: settings)
        guard whileInput else {
            StandardError.say("Working for the coordinator at \(connect), as soon as it is there.")
            let names = NameWatch(connect)
            defer { names?.stop() }
            let remark = "Finishing what runs, for up to ten seconds. Another signal ends it at once."
            let ending = try await Interruption.cancels(remark: remark) { try await worker.run() }
            if ending == .done { StandardError.say("The coordinator at \(connect) has no more work.") }
            return
        }
        // Ctrl-C is for the parent, which decides what becomes of its children. Whether it ignores signals is not theirs.
        signal(SIGINT, SIG_IGN)
        signal(SIGTERM, SIG_DFL)
        Thread.detachNewThread { [connect] in
            var byte: UInt8 = 0
            var count = 1
            repeat {
                count = read(STDIN_FILENO, &byte, 1)
                // A signal is no end: who took it for one would leave, and shut the door behind it while its parent lives.
            } while count > 0 || (count < 0 && errno == EINTR)
            MeetingPlace.remove(at: connect)
            _exit(0)
        }
        try await worker.run()
    }
}

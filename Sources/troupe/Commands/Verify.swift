import ArgumentParser
import Coordination
import Execution
import Foundation
import Jobs
import Tensors

/// `troupe verify`
struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Computes some tasks of a finished model again and compares every bit.",
        discussion: """
            The record of its tasks lies in the model's folder, unless it was trained with --no-record. The recipe goes through \
            it once more, with the data of the job; tasks that are chosen at random run again in this process, and at the end \
            the weights must be those that the record gives. Iterations between snapshots are not recorded one by one, and \
            are not chosen. Returns 0 if all is equal, 1 if anything differs or is damaged, and 2 if the model cannot be \
            verified here.
            """
    )

    @Argument(help: "The folder of the model.", completion: .directory)
    var model: String

    @Option(parsing: .unconditional, help: "How many recorded tasks to compute again, or all there are.")
    var units = 8

    @Option(parsing: .unconditional, help: "Chooses which; any other number chooses others.")
    var seed: UInt64 = 0

    @Option(
        name: .customLong("in"),
        help: ArgumentHelp(
            "The folder where paths of the job's data begin. (default: that of the job file, as it was given then)",
            valueName: "folder"
        ),
        completion: .directory
    )
    var folder: String?

    func validate() throws {
        guard (1...1_000_000_000).contains(units) else {
            throw ValidationError("--units must be from 1 to 1000000000.")
        }
    }

    func run() async throws {
        let saved = try SavedModel(folder: model)
        guard saved.provenance.numericsVersion == numericsVersion else {
            throw Refusal(
                """
                \(model): this model was computed by numerics version \(saved.provenance.numericsVersion), and this program \
                computes by \(numericsVersion), so their bits may differ. Verify it with troupe \(saved.provenance.troupe).
                """
            )
        }
        let ledger = try ledger()
        let source = ledger.state.source
        let file = folder.map { "\($0)/\(URL(fileURLWithPath: source.file).lastPathComponent)" } ?? source.file
        let plan = try saved.plan(from: source.text, file: file, replacements: source.replacements)
        guard plan.hash == ledger.state.job else {
            throw Refusal("\(model): the record of tasks is that of another model, or of the same job on other data.")
        }
        let found = try await Interruption.cancels { try await replay(saved, plan, ledger) }
        try report(found, of: await ledger.tasks.count)
    }

    private func ledger() throws -> Ledger {
        do {
            return try Ledger(finishedIn: model)
        } catch {
            guard case .absent = error else { throw error }
            throw Refusal(
                "\(model): there is no record of its tasks. Train it again without --no-record; the weights will be the same."
            )
        }
    }

    /// Goes through the recipe once more.
    private func replay(_ saved: SavedModel, _ plan: TrainingPlan, _ ledger: Ledger) async throws -> Found {
        let chosen = await Self.choice(of: units, from: ledger.tasks, seed: seed)
        let workers = try await LocalCluster(workers: ProcessInfo.processInfo.activeProcessorCount)
        let cluster = VerifyingCluster(workers, ledger: ledger, chosen: chosen)
        do {
            let again = try await plan.train(on: cluster).model
            await workers.stop()
            let weights = (Hash(of: saved.weightBytes), Hash(of: again.weightBytes))
            return Found(verification: cluster.verification, weights: weights)
        } catch {
            await workers.stop()
            throw error
        }
    }

    private struct Found: Sendable {
        var verification: Verification
        var weights: (saved: Hash, found: Hash)
    }

    private func report(_ found: Found, of recorded: Int) throws {
        let verification = found.verification
        var faults = verification.differing.map { difference in
            """
            \(difference.role), task \(difference.task): recorded \(Self.list(difference.recorded)), but computed now \
            \(Self.list(difference.found)).
            """
        }
        faults += verification.damaged.map { "\($0.role), task \($0.task): its record is damaged." }
        faults += verification.missing.sorted().map { "Task \($0): it is recorded, but the job has no such task." }
        if found.weights.saved != found.weights.found {
            faults.append(
                "weights.safetensors has SHA-256 \(found.weights.saved), but the record gives \(found.weights.found)."
            )
        }
        guard faults.isEmpty else { throw Difference(model: model, faults: faults) }
        StandardOutput.say(
            recorded == 0
                ? "No single task is recorded, so none was computed again: this recipe keeps its progress as a whole."
                : "\(verification.compared) of \(recorded) recorded tasks computed again: every bit is equal."
        )
        if verification.unrecorded > 0 {
            StandardOutput.say("\(verification.unrecorded) tasks that are not recorded were computed on the way.")
        }
        StandardOutput.say("The weights are those that the record gives: \(found.weights.saved).")
    }

    private static func list(_ hashes: [Hash]) -> String { hashes.map(\.description).joined(separator: ", ") }

    /// Some of the tasks, each as likely as the others (SplitMix64 and the first steps of a Fisher-Yates shuffle).
    private static func choice(of count: Int, from tasks: [Hash], seed: UInt64) -> Set<Hash> {
        var tasks = tasks.sorted()
        var state = seed
        func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var word = state
            word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
            word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
            return word ^ (word >> 31)
        }
        let count = min(count, tasks.count)
        for index in 0..<count { tasks.swapAt(index, index + Int(next() % UInt64(tasks.count - index))) }
        return Set(tasks.prefix(count))
    }

    /// Something is not what it should be.
    struct Difference: Error, CustomStringConvertible {
        let model: String
        let faults: [String]

        var description: String {
            """
            \(model) is not what its job computes.
            \(faults.joined(separator: "\n"))
            Whoever computed it was wrong, or the folder was changed. Train it again.
            """
        }
    }
}

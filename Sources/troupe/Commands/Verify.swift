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
            the weights must be those that the record gives. Iterations between snapshots are not recorded one by one: those \
            since the snapshot before the last all run again. Returns 0 if all is equal, 1 if anything differs or is damaged, and 2 if the model cannot be \
            verified here.
            """
    )

    @Argument(help: "The folder of the model.", completion: .directory)
    var model: String

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How many recorded tasks to compute again, or 'all'. (default: 8)", valueName: "number"),
        transform: Self.count
    )
    var units = 8

    @Option(parsing: .unconditional, help: "Chooses which; any other number chooses others.")
    var seed: UInt64 = 0

    @Option(
        name: .customLong("in"),
        help: ArgumentHelp(
            """
            The folder where relative paths of the job's data begin. (default: the job file's for paths in it, as that was \
            given then, and this one for those of --set)
            """,
            valueName: "folder"
        ),
        completion: .directory
    )
    var folder: String?

    private static func count(_ text: String) throws -> Int {
        if text == "all" { return .max }
        guard let number = Int(text), (1...1_000_000_000).contains(number) else {
            throw ValidationError("write a number from 1 to 1000000000, or all.")
        }
        return number
    }

    func run() async throws {
        let saved = try saved()
        guard saved.provenance.numericsVersion == numericsVersion else {
            throw Refusal(
                """
                \(model): this model was computed by numerics version \(saved.provenance.numericsVersion), and this program \
                computes by \(numericsVersion), so their bits may differ. Verify it with troupe \(saved.provenance.troupe).
                """
            )
        }
        let ledger = try ledger(of: saved)
        let source = ledger.state.source
        let plan = try plan(of: source)
        try check(plan, by: ledger.state.job, of: saved)
        do {
            let found = try await Interruption.cancels { try await replay(saved, plan, ledger) }
            try report(found, of: await ledger.tasks.count)
        } catch let error as LedgerError {
            throw problem(error, with: saved)
        }
    }

    /// Reads the job, and its data.
    private func plan(of source: JobSource) throws -> TrainingPlan {
        let file = folder.map { "\($0)/\(URL(fileURLWithPath: source.file).lastPathComponent)" } ?? source.file
        do {
            let replacements = try source.replacements.map { try Override($0, in: folder) }
            return try TrainingPlan(Job(yaml: source.text, file: file, overrides: replacements))
        } catch DocumentError.value(let place, let key, FilePath.existing, let found) {
            let error = DocumentError.value(place, key: key, expected: FilePath.existing, found: found)
            throw Refusal(
                """
                \(error) To verify a model takes the data that it was trained on: --in names the folder where the paths of the \
                data begin.
                """
            )
        }
    }

    /// Reads the model.
    private func saved() throws -> SavedModel {
        do {
            return try SavedModel(folder: model)
        } catch let refusal as Refusal {
            throw refusal
        } catch DocumentError.unreadable(let file, let reason) where access(file, F_OK) == 0 {
            // It may be whole.
            throw DocumentError.unreadable(file: file, reason: reason)
        } catch {
            throw Damage(description: "\(error)")
        }
    }

    private func ledger(of saved: SavedModel) throws -> Ledger {
        do throws(LedgerError) {
            return try Ledger(finishedIn: model)
        } catch {
            throw problem(error, with: saved)
        }
    }

    /// What a ledger that cannot be read says of the model.
    private func problem(_ error: LedgerError, with saved: SavedModel) -> any Error {
        switch error {
        case .absent where saved.isAdapted:
            return Refusal(
                """
                \(model): this model was made by `troupe adapt`, which keeps no record. Verify the model that it was adapted from; \
                adapting that again to the same rows gives the same SHA-256 of weights.
                """
            )
        case .absent:
            return Refusal(
                "\(model): there is no record of its tasks. Train it again without --no-record; the weights will be the same."
            )
        case .failed(let path, _) where access(path, R_OK) != 0:
            return Refusal("\(error.fault) See to it that it may be read.")
        case .format where saved.provenance.troupe != troupeVersion:
            return Refusal("\(error.fault) Verify it with troupe \(saved.provenance.troupe).")
        case .format, .failed, .damaged, .otherJob, .gone:
            return Damage(
                description: """
                    \(error.fault) The model can be used, but not be verified: restore the file from a copy, or train the model \
                    again.
                    """
            )
        }
    }

    /// Makes sure that the record is of this model, and that the data is what it was.
    private func check(_ plan: TrainingPlan, by recorded: Hash, of saved: SavedModel) throws {
        let (job, data) = (saved.provenance.job, saved.provenance.data)
        if plan.hash == recorded {
            guard plan.job.hash == job, plan.data == data else {
                throw Damage(
                    description: """
                        \(model)/model.json: the job and the data are not those of the record: its hashes are \(job) and \(data), \
                        but those of the record are \(plan.job.hash) and \(plan.data).
                        """
                )
            }
        } else if plan.job.hash == job, plan.data != data {
            throw Refusal("The data is not what the model was trained on: its hash is \(plan.data), not \(data).")
        } else {
            throw Damage(
                description: "\(model): the record of tasks is that of another model, or of the same job on other data."
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
            let verification = cluster.verification
            var unreadable: Set<Hash> = []
            for task in verification.missing where try await ledger.record(of: task) == nil { unreadable.insert(task) }
            return Found(
                verification: verification,
                unreadable: unreadable,
                weights: weights,
                statements: saved.differences(from: again)
            )
        } catch {
            await workers.stop()
            throw error
        }
    }

    private struct Found: Sendable {
        var verification: Verification
        /// Those of the tasks that the recipe has not asked for whose record is damaged, so that they may be called otherwise.
        var unreadable: Set<Hash>
        var weights: (saved: Hash, found: Hash)
        /// What `model.json` says otherwise than the job.
        var statements: [String]
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
        faults += verification.missing.sorted().map { task in
            found.unreadable.contains(task)
                ? "Task \(task): its record is damaged." : "Task \(task): it is recorded, but the job has no such task."
        }
        if found.weights.saved != found.weights.found {
            faults.append(
                "weights.safetensors has SHA-256 \(found.weights.saved), but the record gives \(found.weights.found)."
            )
        }
        faults += found.statements.map { "model.json: '\($0)' is not what the job gives." }
        guard faults.isEmpty else { throw Difference(model: model, faults: faults) }
        StandardOutput.say(
            recorded == 0
                ? "No single task is recorded: this recipe keeps its progress as a whole."
                : "\(verification.compared) of \(recorded) recorded tasks computed again: every bit is equal."
        )
        if verification.unrecorded > 0 {
            StandardOutput.say("\(verification.unrecorded) tasks that are not recorded were computed again on the way.")
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

    /// A file is not what was written.
    struct Damage: Error, CustomStringConvertible {
        let description: String
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

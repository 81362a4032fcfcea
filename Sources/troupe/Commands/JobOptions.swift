import ArgumentParser
import Coordination
import Execution
import Foundation
import Jobs
import Recipes

/// The job and where its model goes: what `train` and `coordinator` have in common.
struct JobOptions: ParsableArguments {
    @Argument(help: "The job file, in YAML.", completion: .file(extensions: ["yaml", "yml"]))
    var job: String

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("The folder for the model. (default: models/<name of the job file>)", valueName: "folder"),
        completion: .directory
    )
    var output: String?

    // Without `unconditional` a number below 0 would be taken for another option.
    @Option(parsing: .unconditional, help: "Replaces the job's seed, on which all that is random depends.")
    var seed: UInt64?

    @Option(
        name: .customLong("set"),
        parsing: .singleValue,
        help: ArgumentHelp(
            "Replaces a value of the job, such as ensemble.members=8. May be given several times.",
            valueName: "key=value"
        )
    )
    var overrides: [String] = []

    @Flag(help: "Put the model into a folder that holds other files too; they are left alone.")
    var force = false

    @Flag(help: "Give up what an earlier run of this command has left unfinished, and start again.")
    var fresh = false

    @Flag(
        help: """
            Do not keep the record of tasks by which `troupe verify` checks the model. It is about as large as the model, and \
            names the workers.
            """
    )
    var noRecord = false

    /// The job with its replacements.
    ///
    /// - Throws: `DocumentError`.
    func read() throws -> Job {
        var replaced = try overrides.map { try Override($0) }
        if let seed {
            if let other = replaced.first(where: { $0.key == "seed" }) {
                throw DocumentError.refused(other.place, "--seed \(seed) replaces the seed too. Keep one.")
            }
            replaced.append(Override(key: "seed", value: "\(seed)", option: "--seed \(seed)"))
        }
        return try Job(file: job, overrides: replaced)
    }

    /// Trains the model and saves it, with a summary on standard output. An unfinished run of the same job goes on.
    ///
    /// - Parameters:
    ///   - memory: Bytes that a task may take, where the workers are known.
    ///   - isInsecure: Whether anybody could be a worker.
    ///   - method: Trains, and writes down in the ledger what is done.
    /// - Throws: what is wrong with the job, its data or the folder, before anything is trained; then what `method` throws.
    func train(
        memory: Int? = nil,
        isInsecure: Bool = false,
        _ method: @escaping @Sendable (TrainingPlan, Ledger) async throws -> (model: SavedModel, report: Report)
    ) async throws {
        let plan = try TrainingPlan(read())
        if let memory { try plan.checkFits(memory: memory) }
        let place = folder
        let reserved = try SavedModel.reserve(place, working: Ledger.fileNames, force: force, fresh: fresh)
        let state = JobState(
            job: plan.hash,
            seed: plan.job.seed,
            numericsVersion: numericsVersion,
            started: Date(),
            isInsecure: isInsecure,
            source: JobSource(
                file: job,
                text: String(decoding: (try? Data(contentsOf: URL(fileURLWithPath: job))) ?? Data(), as: UTF8.self),
                replacements: overrides + (seed.map { ["seed=\($0)"] } ?? [])
            )
        )
        let ledger = try Ledger(folder: reserved.workFolder, state: state)
        if let news = UnfinishedRun.news(of: ledger.earlier) { StandardError.say(news) }
        do {
            let summary = try await Interruption.cancels {
                let (model, report) = try await method(plan, ledger)
                try await ledger.finish(at: Date())
                let kept = noRecord ? [] : Ledger.finishedNames
                return Summary(report: report, folder: place, weights: try model.write(to: reserved, keeping: kept))
            }
            StandardOutput.say(summary)
        } catch {
            var isEmpty = false
            do throws(LedgerError) {
                isEmpty = try await ledger.isEmpty
            } catch .gone(let path) {
                // What lies there now is somebody else's.
                reserved.keepWork(true)
                throw error is Interruption ? error : LedgerError.gone(path: path)
            } catch {}
            // The same job would find the same error again.
            let isOver = error is RecipeError || isEmpty
            reserved.keepWork(!isOver)
            throw isOver ? error : UnfinishedRun(cause: error)
        }
    }

    /// The folder of the model.
    private var folder: String {
        output ?? "models/\(URL(fileURLWithPath: job).deletingPathExtension().lastPathComponent)"
    }
}

import ArgumentParser
import Jobs
import Recipes
import Tensors
import Wire

/// A file that holds a program or a job, and which of its programs is meant.
struct ProgramChoice: ParsableArguments {
    @Argument(help: "A job file, in YAML, or a program as `show --output` writes it.", completion: .file())
    var file: String

    @Option(help: ArgumentHelp("Which of the job's programs; `show` without it lists them.", valueName: "name"))
    var program: String?

    @Option(
        name: .customLong("set"),
        parsing: .singleValue,
        help: ArgumentHelp("Replaces a value of the job, as in `train`.", valueName: "key=value")
    )
    var overrides: [String] = []

    private var isJob: Bool { file.hasSuffix(".yaml") || file.hasSuffix(".yml") }

    /// The programs of a job; nil when the file holds just one.
    func listed() throws -> [(name: String, program: Program)]? {
        guard isJob else { return nil }
        let job = try Job(file: file, overrides: overrides.map { try Override($0) })
        return try TrainingPlan(job).programs().map { (name: $0.name, program: $0.program) }
    }

    /// The one that is meant.
    ///
    /// - Throws: `Refusal` when there are several and none is named, or none of this name; what is wrong with the file.
    func chosen() throws -> Program {
        guard let programs = try listed() else {
            guard program == nil else { throw Refusal("\(file): this file holds one program; leave --program out.") }
            guard overrides.isEmpty else { throw Refusal("\(file): this is no job; leave --set out.") }
            do {
                return try Program(FlatProgram(decoding: FileContent.bytes(of: file, limit: WireLimits.program)))
            } catch let error as WireError {
                throw Refusal("\(file): this is no packed program, nor a job, whose name ends in .yaml: \(error).")
            } catch let error as ProgramError {
                throw Refusal("\(file): this program is not valid: \(error).")
            }
        }
        guard let program else {
            if programs.count == 1 { return programs[0].program }
            throw Self.ambiguous(file, programs)
        }
        if let found = programs.first(where: { $0.name == program }) { return found.program }
        let names = programs.map(\.name)
        let hint = names.closest(to: program).map { " Did you mean '\($0)'?" } ?? ""
        throw Refusal("\(file): there is no program '\(program)'.\(hint) Programs: \(names.joined(separator: ", ")).")
    }

    /// What is said when one has to be named.
    static func ambiguous(_ file: String, _ programs: [(name: String, program: Program)]) -> Refusal {
        Refusal(
            "\(file): this job has several programs; name one by --program: \(programs.map(\.name).joined(separator: ", "))."
        )
    }
}

import ArgumentParser
import Execution
import Foundation
import Jobs
import Recipes
import Tensors
import Wire

/// `troupe program`
struct ProgramCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "program",
        abstract: "Shows what the tasks of a job run: the program, its memory, or its time by operator.",
        subcommands: [ShowProgram.self, PlanProgram.self, ProfileProgram.self]
    )
}

/// `troupe program show`
struct ShowProgram: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Prints the nodes of a program, or the programs of a job."
    )

    @OptionGroup var choice: ProgramChoice

    @Option(name: .shortAndLong, help: ArgumentHelp("Write the program to a file, packed.", valueName: "file"))
    var output: String?

    func run() throws {
        if choice.program == nil, let programs = try choice.listed() {
            guard output == nil else { throw ProgramChoice.ambiguous(choice.file, programs) }
            let width = 2 + (programs.map(\.name.count).max() ?? 0)
            for (name, program) in programs {
                let ports = "\(program.inputs.count) inputs, \(program.outputs.count) outputs"
                StandardOutput.say(
                    name.padded(to: width) + "\(program.nodeCount) nodes, \(ports)  \(program.hash.short)"
                )
            }
            return
        }
        let program = try choice.chosen()
        if let output {
            try OutputFile.write(Data(program.flat.encoded()), to: output)
        } else {
            StandardOutput.say(program.text)
        }
    }
}

/// `troupe program plan`
struct PlanProgram: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Prints what a program does in order, and which memory it takes for what."
    )

    @OptionGroup var choice: ProgramChoice

    func run() throws {
        let program = try choice.chosen()
        StandardOutput.say(try MemoryPlan(of: program))
    }
}

/// `troupe program profile`
struct ProfileProgram: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "profile",
        abstract: "Runs a program on this machine, and prints how long each operator takes.",
        discussion: """
            Without --inputs, floating-point inputs are random numbers from 0 to 1, integers 0 or 1. Taking the times costs \
            some 0.1 µs for each time that something is done.
            """
    )

    @OptionGroup var choice: ProgramChoice

    @Option(help: ArgumentHelp("A safetensors file with a tensor for each input, by name.", valueName: "file"))
    var inputs: String?

    @Option(parsing: .unconditional, help: "How often it is run; the times are medians.")
    var runs = 21

    func validate() throws {
        guard (1...1_000_000).contains(runs) else { throw ValidationError("--runs must be from 1 to 1000000.") }
    }

    func run() throws {
        let program = try choice.chosen()
        let values = try inputs.map { try Self.inputs(of: program, in: $0) } ?? program.sampleInputs()
        StandardOutput.say(try Profile(of: program, on: values, runs: runs))
    }

    /// The tensors of a file in the order of the inputs.
    private static func inputs(of program: Program, in file: String) throws -> [TensorValue] {
        let tensors = try SafeTensors(bytes: FileContent.bytes(of: file, limit: 1 << 33), file: file).tensors
        return try program.inputs.map { input in
            guard let value = tensors[input.name] else {
                let names = tensors.keys.sorted().joined(separator: ", ")
                throw Refusal("\(file): there is no tensor '\(input.name)', which is an input. Tensors: \(names).")
            }
            guard value.type == input.type else {
                throw Refusal("\(file): '\(input.name)' is \(value.type), but the program takes \(input.type).")
            }
            return value
        }
    }
}

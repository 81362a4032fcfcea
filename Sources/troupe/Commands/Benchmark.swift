import ArgumentParser
import Jobs
import Tensors

/// `troupe bench`
struct Benchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measures parts of Troupe on this machine, and prints one line of JSON for each figure."
    )

    @Argument(help: "Which benchmarks to run. (default: all)")
    var names: [String] = []

    @Flag(help: "Print the names of the benchmarks with what they measure, and run none.")
    var list = false

    @OptionGroup var logs: LogOptions

    func run() async throws {
        logs.apply()
        if list {
            for bench in Bench.all { StandardOutput.say(bench.name.padded(to: 16) + bench.measures) }
            return
        }
        let chosen = try names.isEmpty ? Bench.all : names.map(Self.bench)
        for bench in chosen {
            for figure in try await bench.run() { StandardOutput.say(figure.json(bench: bench.name)) }
        }
    }

    private static func bench(named name: String) throws -> Bench {
        if let bench = Bench.all.first(where: { $0.name == name }) { return bench }
        let known = Bench.all.map(\.name)
        let hint = known.closest(to: name).map { " Did you mean '\($0)'?" } ?? ""
        throw Refusal("There is no benchmark '\(name)'.\(hint) Benchmarks: \(known.joined(separator: ", ")).")
    }
}

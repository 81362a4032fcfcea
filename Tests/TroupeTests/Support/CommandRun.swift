import Foundation
import TestSupport

/// One run of the command `troupe` as a process of its own.
struct CommandRun {
    /// What it returned; 128 + n when signal n ended it.
    let code: Int32
    /// What it wrote on standard output.
    let output: String
    /// What it wrote on standard error.
    let errors: String

    /// The command that was built together with the tests.
    static let program: String = {
        let link = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let tests = URL(fileURLWithPath: link ?? CommandLine.arguments[0])
        return tests.deletingLastPathComponent().appendingPathComponent("troupe").path
    }()

    /// Runs the command to its end.
    ///
    /// - Parameters:
    ///   - arguments: What stands after `troupe`.
    ///   - folder: Where it is run.
    ///   - environment: Variables that it has besides ours.
    /// - Throws: when it cannot be started.
    init(_ arguments: [String], in folder: Folder, environment: [String: String] = [:]) async throws {
        self = try await RunningCommand(arguments, in: folder, environment: environment).ended()
    }

    init(code: Int32, output: String, errors: String) {
        self.code = code
        self.output = output
        self.errors = errors
    }

    /// The SHA-256 that stands in the summary of a training.
    var digest: String? {
        output.split(separator: "\n").first { $0.hasPrefix("SHA-256 of weights") }?.split(separator: " ").last
            .map(String.init)
    }
}

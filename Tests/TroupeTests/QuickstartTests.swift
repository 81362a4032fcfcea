import Foundation
import TestSupport
import Testing

@Suite("Cluster/quickstart", .timeLimit(.minutes(2)))
struct QuickstartTests {
    /// Runs it in a clone where everything is built already, and returns what it says.
    private func run(_ options: [String]) throws -> String {
        let folder = try Folder()
        let files = FileManager.default
        try files.copyItem(
            atPath: Readme.repository.appendingPathComponent("Cluster").path,
            toPath: "\(folder.path)/Cluster"
        )
        for name in ["bin", ".build/release"] {
            try files.createDirectory(atPath: "\(folder.path)/\(name)", withIntermediateDirectories: true)
        }
        try files.createSymbolicLink(
            atPath: "\(folder.path)/.build/release/troupe",
            withDestinationPath: CommandRun.program
        )
        // A toolchain that has nothing to do.
        try folder.write("#!/bin/sh\necho Swift version 99.0\n", to: "bin/swift")
        chmod("\(folder.path)/bin/swift", 0o700)
        let path = "PATH=\(folder.path)/bin:\(ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")"
        let few = ["--workers", "0", "--set", "ensemble.members=1", "--set", "epochs=1"]
        return try SystemCommand.run(
            ["env", "HOME=\(folder.path)", path, "\(folder.path)/Cluster/quickstart"] + few + options
        )
    }

    @Test("ends with how to predict with the model that it wrote, wherever that is")
    func folder() throws {
        for (options, place) in [
            ([], "models/bagging-digits"), (["--output", "models/larger"], "models/larger"),
            (["-o", "models/a b"], "models/a\\ b"),
        ] as [([String], String)] {
            let said = try run(options)
            #expect(said.contains("\nSHA-256 of weights "), "\(said)")
            #expect(said.hasSuffix("troupe predict \(place) --data Cluster/jobs/digits-new.csv\n"), "\(said)")
        }
    }
}

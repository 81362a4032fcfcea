import Foundation
import Jobs
import Tasks
import Tensors
import TestSupport
import Testing

/// A network of three heads that learns from the wine of the job files, step by step over processes.
@Suite("A multi-task network trained over processes", .serialized)
struct MultiTaskProcessTests {
    private static func settings(epochs: Int, baselines: Bool, output: String = "model") -> [String] {
        let replaced = [
            "epochs=\(epochs)", "baselines=\(baselines)", "snapshot_every=50", "trunk.layers.0.dense=8",
            "head.layers.0.dense=4",
        ]
        return ["multitask-wine.yaml", "--output", output] + replaced.flatMap { ["--set", $0] }
    }

    private func folder() throws -> Folder {
        let folder = try Folder()
        for name in ["multitask-wine.yaml", "wine.csv"] {
            let file = Readme.repository.appendingPathComponent("Cluster/jobs/\(name)")
            try FileManager.default.copyItem(atPath: file.path, toPath: "\(folder.path)/\(name)")
        }
        return folder
    }

    @Test("goes on from its last snapshot when the command is killed and given again")
    func command() async throws {
        let folder = try folder()
        let calm = try await CommandRun(
            ["train"] + Self.settings(epochs: 200, baselines: false, output: "calm"),
            in: folder
        )
        let arguments = ["train", "--workers", "2"] + Self.settings(epochs: 200, baselines: false)
        let command = try RunningCommand(arguments, in: folder)
        try await command.says("30 %")
        command.send(SIGKILL)
        #expect(try await command.ended().code == 137)
        let again = try await CommandRun(arguments, in: folder)
        #expect(again.code == 0, "\(again.errors)")
        #expect(again.errors.contains("covered by a snapshot, of which none is computed again"), "\(again.errors)")
        // None, if it was killed right after a snapshot.
        let lost = again.errors.firstMatch(of: /; (\d+) tasks? not written down/).flatMap { Int($0.output.1) } ?? 0
        // 50 steps of three heads lie between two snapshots.
        #expect(lost <= 150)
        #expect(again.digest == calm.digest)
    }

    @Test("stops with the head and the step of a loss that diverges, and blames no worker")
    func diverges() async throws {
        let folder = try folder()
        let arguments = Self.settings(epochs: 5, baselines: false) + ["--set", "optimizer.adam.rate=1e37"]
        let run = try await CommandRun(["train", "--verbose"] + arguments, in: folder)
        #expect(run.code != 0)
        #expect(
            run.errors.contains("Training diverged: in head \"cultivar\", the loss became infinite or NaN at step 2")
        )
        #expect(!run.errors.contains("gets no more work"), "\(run.errors)")
    }

    @Test("predicts a column for each task, and is measured by a line for each")
    func answers() async throws {
        let folder = try folder()
        let run = try await CommandRun(["train"] + Self.settings(epochs: 20, baselines: true), in: folder)
        #expect(run.code == 0, "\(run.errors)")
        let lines = run.output.split(separator: "\n")
        #expect(
            lines.map { $0.prefix { $0 != " " } } == ["cultivar", "alcohol", "color_intensity", "model", "SHA-256"]
        )
        #expect(lines.prefix(3).allSatisfy { $0.contains("; alone ") })
        let said = try await CommandRun(["predict", "model", "--data", "wine.csv"], in: folder)
        #expect(said.output.split(separator: "\n").count == 179)
        #expect(said.output.hasPrefix("cultivar,alcohol,color_intensity\ncultivar "))
        let measured = try await CommandRun(["evaluate", "model", "--data", "wine.csv"], in: folder)
        for (line, trained) in zip(measured.output.split(separator: "\n"), lines) {
            let score = trained.prefix { $0 != ";" }
            #expect(line == score + "; 53 rows of the test part of the data that it learned from")
        }
    }
}

import Foundation
import Jobs
import Tasks
import Tensors
import TestSupport
import Testing

/// A network of three heads that learns from the wine of the job files, step by step over processes.
@Suite("A multi-task network trained over processes", .serialized)
struct MultiTaskProcessTests {
    /// Twice as many tasks as a task of each head in each of 5 steps an epoch, for each head is also learned alone.
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

    @Test("has one SHA-256, in one process and with any number of workers")
    func sameBits() async throws {
        let folder = try folder()
        var digests: Set<String?> = []
        for workers in [0, 1, 2, 4] {
            let arguments = ["train", "--workers", "\(workers)"] + Self.settings(epochs: 6, baselines: true)
            let run = try await CommandRun(arguments, in: folder)
            #expect(run.code == 0, "\(run.errors)")
            digests.insert(run.digest)
        }
        let coordinator = try RunningCommand(
            ["coordinator", "--verbose", "--bind", "tcp://127.0.0.1:*"] + Self.settings(epochs: 6, baselines: true),
            in: folder
        )
        try await coordinator.says("Start them with: troupe worker --connect tcp://127.0.0.1:")
        let address = try #require(try coordinator.errors.firstMatch(of: /--connect (\S+)/)?.output.1)
        let worker = try RunningCommand(["worker", "--connect", String(address)], in: folder)
        let run = try await coordinator.ended()
        #expect(run.code == 0 && run.errors.contains("head \"cultivar\" goes to"), "\(run.errors.suffix(500))")
        digests.insert(run.digest)
        #expect(digests.count == 1 && !digests.contains(nil), "\(digests)")
        #expect(try await worker.ended().code == 0)
    }

    @Test("loses nothing when a worker is killed that holds a task")
    func worker() async throws {
        let folder = try folder()
        let calm = try await CommandRun(
            ["train"] + Self.settings(epochs: 100, baselines: false, output: "calm"),
            in: folder
        )
        #expect(calm.code == 0, "\(calm.errors)")
        let command = try RunningCommand(
            ["train", "--verbose", "--workers", "2"] + Self.settings(epochs: 100, baselines: false),
            in: folder
        )
        try await command.says("done by")
        let victim = try #require(command.children.first)
        // Asleep it cannot answer, and no step ends without it: before long it holds a task.
        kill(victim, SIGSTOP)
        try await Task.sleep(for: .milliseconds(300))
        kill(victim, SIGKILL)
        let run = try await command.ended()
        #expect(run.code == 0, "\(run.errors.suffix(500))")
        #expect(run.errors.contains("(attempt 2)"), "it held a task")
        #expect(run.digest == calm.digest)
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
        let news = try #require(again.errors.firstMatch(of: /; (\d+) tasks? finished after the last snapshot/))
        // 50 steps of three heads lie between two snapshots.
        #expect(try #require(Int(news.output.1)) <= 150, "\(again.errors)")
        #expect(again.digest == calm.digest)
    }

    @Test("stops with the head and the step of a loss that diverges, and blames no worker")
    func diverges() async throws {
        let folder = try folder()
        let arguments = Self.settings(epochs: 5, baselines: false) + ["--set", "optimizer.adam.rate=1e38"]
        let run = try await CommandRun(["train", "--verbose"] + arguments, in: folder)
        #expect(run.code != 0)
        #expect(
            run.errors.contains("Training diverged: in head \"cultivar\", the loss became infinite or NaN at step 2")
        )
        #expect(!run.errors.contains("(attempt 2)"), "\(run.errors)")
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

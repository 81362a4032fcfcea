import Foundation
import TestSupport
import Testing

@Suite("Meta-training with workers of its own", .serialized)
struct MetaLearningTests {
    /// Some seconds of iterations.
    private func arguments(output: String) -> [String] {
        [
            "train", "job.yaml", "--verbose", "--output", output, "--set", "meta.iterations=3000", "--set",
            "snapshot_every=100", "--set", "evaluation.tasks=100", "--workers",
        ]
    }

    private func folder() throws -> Folder {
        let folder = try Folder()
        try folder.write("recipe: maml\ntasks: sinusoid\nmeta: {batch: 8, tasks_per_shard: 4}\n", to: "job.yaml")
        return folder
    }

    @Test("killed in its midst, the same command goes on from the last snapshot and finds the same bits")
    func killed() async throws {
        let folder = try folder()
        let calm = try await CommandRun(arguments(output: "calm") + ["0"], in: folder)
        #expect(calm.code == 0, "\(calm.errors)")
        let command = try RunningCommand(arguments(output: "model") + ["2"], in: folder)
        // Until it is far into the work, with a snapshot behind it.
        try await command.says("of meta-batch 700")
        let children = command.children
        command.send(SIGKILL)
        #expect(try await command.ended().code == 137)
        try await eventually("the children to end", within: .seconds(20)) {
            !children.contains(where: ProcessTable.isAlive)
        }
        let again = try await CommandRun(arguments(output: "model") + ["1"], in: folder)
        #expect(again.code == 0, "\(again.errors)")
        #expect(again.digest == calm.digest)
        let news = try #require(again.errors.firstMatch(of: /; (\d+) tasks? finished after the last snapshot/))
        // At most an interval of 100 iterations of two tasks each, and one iteration that was being worked on.
        #expect(try #require(Int(news.1)) <= 202, "\(news.0)")
        #expect(!again.errors.contains("of meta-batch 600\n"), "what came before the snapshot is not done again")
    }

    /// Iterations of two tasks, of some hundredths of a second each.
    private let long = """
        recipe: maml
        tasks: {sinusoid: {shots: 2000, queries: 2000}}
        meta: {iterations: 20, batch: 8, tasks_per_shard: 4}
        evaluation: {tasks: 8, steps: 2}

        """

    @Test("gives the same bits with any number of workers, and over TCP with a worker killed while it holds a task")
    func killedWorker() async throws {
        let folder = try Folder()
        try folder.write(long, to: "job.yaml")
        var digests: [String] = []
        for workers in [0, 1, 2, 4] {
            let run = try await CommandRun(
                ["train", "job.yaml", "--workers", "\(workers)", "--output", "of-\(workers)"],
                in: folder
            )
            #expect(run.code == 0, "\(run.errors)")
            digests.append(try #require(run.digest))
        }
        #expect(Set(digests).count == 1)
        let coordinator = try RunningCommand(
            ["coordinator", "job.yaml", "--verbose", "--bind", "tcp://127.0.0.1:*", "--output", "killed"],
            in: folder
        )
        try await coordinator.says("Start them with: troupe worker --connect tcp://127.0.0.1:")
        let address = try #require(try coordinator.errors.firstMatch(of: /--connect (\S+)/)?.output.1)
        let workers = try ["anna", "bert"].map { name in
            try RunningCommand(["worker", "--connect", String(address), "--name", name], in: folder)
        }
        try await coordinator.says("done by anna")
        // Frozen first: a worker that was between two tasks is then given one that it cannot finish.
        workers[0].send(SIGSTOP)
        try await eventually("a task at anna") {
            try coordinator.errors.split(separator: "\n").last { $0.contains("anna") }?.contains("goes to anna") == true
        }
        workers[0].send(SIGKILL)
        let run = try await coordinator.ended()
        #expect(run.code == 0, "\(run.errors)")
        #expect(run.digest == digests[0])
        let back = try #require(
            run.errors.firstMatch(of: /anna left: .*; given back: (tasks \d to \d of meta-batch \d+)/)
        )
        #expect(run.errors.contains("\(back.1) goes to bert (attempt 2)"), "\(run.errors)")
        #expect(run.errors.components(separatedBy: "(attempt 2)").count == 2, "nothing else is done twice")
        #expect(try await workers[1].ended().code == 0)
    }
}

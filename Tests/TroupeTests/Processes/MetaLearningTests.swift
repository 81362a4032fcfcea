import Foundation
import TestSupport
import Testing

@Suite("Meta-training with workers of its own", .serialized)
struct MetaLearningTests {
    /// Some seconds of iterations.
    private func arguments(output: String, iterations: Int = 3000) -> [String] {
        [
            "train", "job.yaml", "--verbose", "--output", output, "--set", "meta.iterations=\(iterations)", "--set",
            "snapshot_every=100", "--set", "evaluation.tasks=100", "--workers",
        ]
    }

    private func folder(tasksPerShard: Int = 4) throws -> Folder {
        let folder = try Folder()
        try folder.write(
            "recipe: maml\ntasks: sinusoid\nmeta: {batch: 8, tasks_per_shard: \(tasksPerShard)}\n",
            to: "job.yaml"
        )
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
        #expect(again.errors.contains("covered by a snapshot, of which none is computed again"), "\(again.errors)")
        // None, if it was killed right after a snapshot.
        let lost = again.errors.firstMatch(of: /; (\d+) tasks? not written down/).flatMap { Int($0.output.1) } ?? 0
        // At most an interval of 100 iterations of two tasks each, and one iteration that was being worked on.
        #expect(lost <= 202)
        #expect(!again.errors.contains("of meta-batch 600 "), "what came before the snapshot is not done again")
    }
    @Test("killed amid segments of many meta-batches, it goes on after the last of them and finds the same bits")
    func segments() async throws {
        let folder = try folder(tasksPerShard: 8)
        let calm = try await CommandRun(arguments(output: "calm", iterations: 20_000) + ["0"], in: folder)
        #expect(calm.code == 0, "\(calm.errors)")
        let command = try RunningCommand(arguments(output: "model", iterations: 20_000) + ["1"], in: folder)
        try await command.says("meta-batches 1901 to 2000 of 20000")
        let children = command.children
        command.send(SIGKILL)
        #expect(try await command.ended().code == 137)
        try await eventually("the children to end", within: .seconds(20)) {
            !children.contains(where: ProcessTable.isAlive)
        }
        let again = try await CommandRun(arguments(output: "model", iterations: 20_000) + ["2"], in: folder)
        #expect(again.code == 0, "\(again.errors)")
        #expect(again.digest == calm.digest)
        #expect(again.errors.contains("covered by a snapshot, of which none is computed again"), "\(again.errors)")
        #expect(
            !again.errors.contains("meta-batches 1701 to 1800 of"),
            "what came before the snapshot is not done again"
        )
    }
}

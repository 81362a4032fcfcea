import Synchronization
import Tasks
import Tensors
import Testing

@testable import Jobs

@Suite("Meta-training as a job")
struct PreparedMAMLTests {
    private func plan(_ meta: String) throws -> TrainingPlan {
        let yaml = """
            recipe: maml
            tasks: {sinusoid: {shots: 2, queries: 2}}
            model: {layers: [{dense: 2}, relu, {dense: classes}]}
            meta: {iterations: 30, batch: 4\(meta)}
            snapshot_every: 8
            evaluation: {tasks: 2, steps: 1}

            """
        return try TrainingPlan(Job(yaml: yaml, file: "job.yaml"))
    }

    @Test("counts its iterations, by shards and by segments, up to the last one")
    func progress() async throws {
        for (meta, steps) in [("", [8, 16, 24, 30]), (", tasks_per_shard: 2", Array(1...30))] {
            let seen = Mutex<[TrainingProgress]>([])
            _ = try await plan(meta).train(on: InlineCluster()) { progress in seen.withLock { $0.append(progress) } }
            let found = seen.withLock { $0 }
            let done = found.map(\.done)
            #expect(done == done.sorted() && Set(done).subtracting([0]) == Set(steps))
            let last = try #require(found.last)
            #expect(last.total == 30 && last.unit == "iterations" && abs(last.share - 1) < 1e-9)
        }
    }

    @Test("counts of a segment in which something diverged what was done before")
    func divergence() async throws {
        let prepared = try plan("").prepared
        let role = Role.metaBatches(8..<16, of: 30)
        #expect(prepared.progress(of: role) == 8)
        #expect(prepared.share(of: role) == 8.0 / 30)
        let program = try Program.trace([Port("divergence", TensorType(.i32, []))]) { ["divergence": $0[0]] }
        for (divergence, expected) in [(-1, 8), (0, 0), (5, 5), (7, 7)] as [(Int32, Int)] {
            let work = Work(role, inputs: [.value(TensorValue(scalar: divergence))])
            let outputs = try await InlineCluster().run(program, work)
            let found = try await prepared.finished(role, leaving: outputs)
            #expect(found.done == expected && found.share == Double(expected) / 30)
        }
    }
}

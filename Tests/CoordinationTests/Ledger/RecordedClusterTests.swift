import Foundation
import Tasks
import Tensors
import TestSupport
import Testing

@testable import Coordination

@Suite("A cluster with a ledger")
struct RecordedClusterTests {
    /// A chain of tasks: x ← x·x + k, of which every output is an input of the next one.
    private func chain(_ length: Int, on cluster: some Cluster) async throws -> Float {
        let type = TensorType(.f32, [])
        let program = try Program.trace([Port("x", type), Port("k", type)]) { ["x": $0[0] * $0[0] + $0[1]] }
        var x = try await cluster.share(TensorValue(scalar: Float(0.5)))
        for step in 0..<length {
            let inputs = [TaskInput.handle(x), .value(TensorValue(scalar: Float(step) / 100 - 0.5))]
            x = try await cluster.run(program, Work(.round(step), inputs: inputs))["x"]
        }
        return try await x.value.floats[0]
    }

    /// The same, not recorded, with a snapshot after every `interval` steps.
    private func loop(_ length: Int, every interval: Int, on cluster: some Cluster) async throws -> Float {
        let type = TensorType(.f32, [])
        let program = try Program.trace([Port("x", type), Port("k", type)]) { ["x": $0[0] * $0[0] + $0[1]] }
        let start = try await cluster.snapshot("loop")
        var x = start?.tensors["x"] ?? TensorValue(scalar: Float(0.5))
        for step in (start?.step ?? 0)..<length {
            let inputs = [TaskInput.value(x), .value(TensorValue(scalar: Float(step) / 100 - 0.5))]
            let outputs = try await cluster.run(program, Work(.round(step), inputs: inputs, keeping: .untilSnapshot))
            x = try await outputs["x"].value
            if (step + 1) % interval == 0 {
                try await cluster.save(Snapshot(step: step + 1, tensors: ["x": x]), as: "loop")
            }
        }
        return x.floats[0]
    }

    @Test("that dies after any number of recorded tasks goes on without running one of them again")
    func recorded() async throws {
        let calm = try await chain(12, on: InlineCluster())
        for death in 0...11 {
            do {
                let folder = try Folder()
                let place = folder.path
                let job = Hash(of: [1])
                await #expect(throws: KillableCluster.Killed.self) {
                    let ledger = try Ledger(folder: place, job: job)
                    return try await chain(12, on: RecordedCluster(KillableCluster(tasks: death), ledger: ledger))
                }
                let ledger = try Ledger(folder: place, job: job)
                #expect(ledger.earlier == .init(recorded: death, covered: 0, lost: 0))
                let second = KillableCluster()
                let cluster = RecordedCluster(second, ledger: ledger)
                #expect(try await chain(12, on: cluster) == calm)
                #expect(second.tasks == 12 - death)
                #expect(cluster.done == .init(reused: death, run: 12 - death))
            }
        }
    }

    @Test("that dies after any number of other tasks goes on from the last snapshot, and says how many are run again")
    func snapshots() async throws {
        let calm = try await loop(12, every: 5, on: InlineCluster())
        for death in 0...11 {
            do {
                let folder = try Folder()
                let place = folder.path
                let job = Hash(of: [1])
                await #expect(throws: KillableCluster.Killed.self) {
                    let ledger = try Ledger(folder: place, job: job)
                    let cluster = RecordedCluster(KillableCluster(tasks: death), ledger: ledger)
                    return try await loop(12, every: 5, on: cluster)
                }
                let ledger = try Ledger(folder: place, job: job)
                #expect(ledger.earlier == .init(recorded: 0, covered: death - death % 5, lost: death % 5))
                let second = KillableCluster()
                #expect(try await loop(12, every: 5, on: RecordedCluster(second, ledger: ledger)) == calm)
                #expect(second.tasks == 12 - death + death % 5)
            }
        }
    }

    @Test("finds the same bits on workers as without a ledger")
    func workers() async throws {
        let calm = try await chain(12, on: InlineCluster())
        do {
            let folder = try Folder()
            let place = folder.path
            for _ in 0..<2 {
                let workers = try await LocalCluster(workers: 2)
                let cluster = try RecordedCluster(workers, ledger: Ledger(folder: place, job: Hash(of: [1])))
                #expect(try await chain(12, on: cluster) == calm)
                await workers.stop()
            }
        }
    }
}

import Foundation
import Tasks
import Tensors
import TestSupport
import Testing

@Suite("The weights' SHA-256 is the same")
struct SameBitsTests {
    private static let job = TestJob(members: 6, epochs: 10)

    /// In this process, on this thread.
    private static let reference = Task { try await job.train(on: InlineCluster()) }

    @Test("with any number of workers, and it is that of the file", arguments: [0, 1, 2, 4])
    func train(workers: Int) async throws {
        let folder = try Self.job.folder()
        let run = try await CommandRun(["train", "--workers", "\(workers)"] + Self.job.arguments(), in: folder)
        #expect(run.code == 0, "\(run.errors)")
        let file = Hash(of: try folder.bytes(of: "model/weights.safetensors")).description
        #expect(try await [run.digest, file] == [Self.reference.value, Self.reference.value])
        #expect(try folder.names(in: "model") == ["ledger.sqlite", "model.json", "weights.safetensors"])
    }

    @Test("with workers that find a coordinator over TCP, which then end", arguments: [1, 2, 3])
    func coordinator(workers count: Int) async throws {
        let folder = try Self.job.folder()
        let bind = ["coordinator", "--verbose", "--bind", "tcp://127.0.0.1:*"]
        let coordinator = try RunningCommand(bind + Self.job.arguments(), in: folder)
        try await coordinator.says("Start them with: troupe worker --connect tcp://127.0.0.1:")
        let address = try #require(try coordinator.errors.firstMatch(of: /--connect (\S+)/)?.output.1)
        let workers = try (0..<count).map { _ in
            try RunningCommand(["worker", "--connect", String(address)], in: folder)
        }
        let run = try await coordinator.ended()
        #expect(run.code == 0, "\(run.errors)")
        #expect(try await run.digest == Self.reference.value)
        try await expectEnds(workers, after: run)
    }

    @Test("with workers that were there before their coordinator, by a path")
    func workersFirst() async throws {
        let folder = try Self.job.folder()
        let address = "ipc://\(folder.path)/place"
        let workers = try (0..<2).map { _ in try RunningCommand(["worker", "--connect", address], in: folder) }
        for worker in workers { try await worker.says("as soon as it is there") }
        let run = try await CommandRun(["coordinator", "-v", "--bind", address] + Self.job.arguments(), in: folder)
        #expect(run.code == 0, "\(run.errors)")
        #expect(try await run.digest == Self.reference.value)
        try await expectEnds(workers, after: run)
    }

    /// Who took part ends when there is no more work; who came too late waits for the next coordinator.
    private func expectEnds(_ workers: [RunningCommand], after run: CommandRun) async throws {
        for worker in workers {
            if !run.errors.contains("joined (process \(worker.id))") { worker.send(SIGTERM) }
            let ending = try await worker.ended()
            #expect(ending.code == 0, "\(ending.errors)")
        }
    }
}

import Foundation
import Tasks
import TestSupport
import Testing

extension KillPoint: CustomTestStringConvertible {
    /// Its name.
    public var testDescription: String { rawValue }
}

@Suite("A process that is killed", .serialized)
struct KillPointTests {
    /// Every kind of thing is written: records with their outputs, and such with outputs that are files.
    private static let bagging = TestJob(
        text: """
            recipe: bagging
            data: digits
            model: {layers: [{dense: 1200}, relu, {dense: classes}]}
            ensemble: {members: 4, members_per_task: 1}
            epochs: 1

            """
    )
    /// Snapshots.
    private static let maml = TestJob(
        text: """
            recipe: maml
            tasks: {sinusoid: {shots: 10, queries: 10}}
            meta: {iterations: 12, batch: 4, tasks_per_shard: 4}
            snapshot_every: 3
            evaluation: {tasks: 8, steps: 2}

            """
    )

    /// Who is killed.
    private enum Scene {
        /// A training without other processes, at these passages.
        case alone(TestJob, passages: [Int])
        /// A worker, at its first passage.
        case worker
    }

    private func scene(of point: KillPoint) -> Scene {
        switch point {
        // The first is that which makes the ledger.
        case .afterJournalWrite: .alone(Self.bagging, passages: [1, 2, 4])
        case .beforeJournalWrite, .afterJournalCommit, .beforeAck: .alone(Self.bagging, passages: [1, 3])
        case .beforeBlobRename, .afterBlobRename: .alone(Self.bagging, passages: [1, 2])
        case .beforeSnapshot, .afterSnapshot: .alone(Self.maml, passages: [1, 3])
        case .beforeRename, .afterRename: .alone(Self.bagging, passages: [1])
        case .duringResume: .alone(Self.bagging, passages: [1, 2])
        case .computing, .computed, .resultHalfSent, .inputHalfFetched: .worker
        }
    }

    @Test("at any named point is followed by one that finds the bits of a calm run", arguments: KillPoint.allCases)
    func killed(point: KillPoint) async throws {
        switch scene(of: point) {
        case .alone(let job, let passages):
            let calm = try await job.train(on: InlineCluster())
            for passage in passages { try await killAlone(job, at: point, passage, calm: calm) }
        case .worker: try await killWorker(at: point)
        }
    }

    private func killAlone(_ job: TestJob, at point: KillPoint, _ passage: Int, calm: String) async throws {
        let folder = try job.folder()
        let command = ["train", "--workers", "0"] + job.arguments()
        func run(killedAt plan: String) async throws {
            let run = try await CommandRun(command, in: folder, environment: [KillPoint.variable: plan])
            #expect(run.code == 128 + SIGKILL, "\(plan) was never passed: \(run.errors)")
        }
        if point == .duringResume { try await run(killedAt: "\(KillPoint.afterJournalCommit.rawValue):3") }
        try await run(killedAt: "\(point.rawValue):\(passage)")
        let isMade = try folder.names().contains("model")
        #expect(isMade == (point == .afterRename), "the model is there as a whole or not at all")
        let again = try await CommandRun(command, in: folder)
        #expect(again.code == 0 && again.digest == calm, "\(point), \(passage): \(again.errors)")
        if point == .afterJournalCommit || point == .duringResume {
            #expect(again.errors.contains("task"), "what was committed is found again: \(again.errors)")
        }
        #expect(try folder.names() == ["job.yaml", "model"])
    }

    private func killWorker(at point: KillPoint) async throws {
        let job = Self.bagging
        let folder = try job.folder()
        let place = "ipc://\(folder.path)/place"
        let coordinator = try RunningCommand(["coordinator", "--bind", place] + job.arguments(), in: folder)
        let environment = [KillPoint.variable: "\(point.rawValue):1"]
        let doomed = try RunningCommand(["worker", "--connect", place], in: folder, environment: environment)
        #expect(try await doomed.ended().code == 128 + SIGKILL, "\(point) was never passed")
        let heir = try RunningCommand(["worker", "--connect", place], in: folder)
        let run = try await coordinator.ended()
        #expect(run.code == 0, "\(run.errors)")
        #expect(try await run.digest == job.train(on: InlineCluster()))
        #expect(try await heir.ended().code == 0)
    }

    @Test("or stopped there, and comes back when others have done its work, changes nothing")
    func stopped() async throws {
        let job = Self.bagging
        let folder = try job.folder()
        let place = "ipc://\(folder.path)/place"
        let coordinator = try RunningCommand(["coordinator", "-v", "--bind", place] + job.arguments(), in: folder)
        let environment = [KillPoint.variable: "\(KillPoint.computed.rawValue):1:stop"]
        let frozen = try RunningCommand(["worker", "--connect", place], in: folder, environment: environment)
        try await coordinator.says(" left: ")
        let other = try RunningCommand(["worker", "--connect", place], in: folder)
        try await coordinator.says(" done by ")
        frozen.send(SIGCONT)
        let run = try await coordinator.ended()
        #expect(run.code == 0, "\(run.errors)")
        #expect(try await run.digest == job.train(on: InlineCluster()))
        for worker in [frozen, other] {
            // One that comes back when all is over waits for the next coordinator.
            worker.send(SIGTERM)
            #expect(try await worker.ended().code == 0)
        }
    }

    @Test("many times in a row, while it resumes, still makes progress, and its ledger does not grow")
    func again() async throws {
        let job = Self.bagging
        let folder = try job.folder()
        let command = ["train", "--workers", "0"] + job.arguments()
        func run(killedAt plan: String) async throws {
            let run = try await CommandRun(command, in: folder, environment: [KillPoint.variable: plan])
            #expect(run.code == 128 + SIGKILL, "\(run.errors)")
        }
        func byteCount() throws -> Int {
            try folder.names(in: "model.partial").filter { $0.hasPrefix("ledger") }
                .map { try folder.bytes(of: "model.partial/\($0)").count }.reduce(0, +)
        }
        try await run(killedAt: "\(KillPoint.afterJournalCommit.rawValue):4")
        try await run(killedAt: "\(KillPoint.duringResume.rawValue):1")
        let before = try byteCount()
        for _ in 0..<20 { try await run(killedAt: "\(KillPoint.duringResume.rawValue):2") }
        #expect(try byteCount() <= before)
        let last = try await CommandRun(command, in: folder)
        #expect(try await last.digest == job.train(on: InlineCluster()))
    }
}

import Foundation
import Tasks
import Tensors
import TestSupport
import Testing

@Suite("Boosting with real workers", .serialized)
struct BoostingTests {
    /// Four tasks a round.
    private static let stumps = TestJob(
        text: "recipe: adaboost\ndata: breast-cancer\nboosting: {rounds: 12, features_per_task: 8}\n"
    )
    /// A round takes some tenths of a second, so that something can happen amid it.
    private static let longNetworks = networks(epochs: 1500)

    /// Three hidden units never get everything right.
    private static func networks(epochs: Int) -> TestJob {
        TestJob(
            text: """
                recipe: adaboost
                data: digits
                boosting: {rounds: 4, learner: network}
                model: {layers: [{dense: 3}, tanh, {dense: classes}]}
                epochs: \(epochs)

                """
        )
    }

    private static let stumpReference = Task { try await stumps.train(on: InlineCluster()) }
    private static let longReference = Task { try await longNetworks.train(on: InlineCluster()) }

    @Test("gives the same bits over TCP, and says which round and features a task is")
    func coordinator() async throws {
        let folder = try Self.stumps.folder()
        let bind = ["coordinator", "--verbose", "--bind", "tcp://127.0.0.1:*"]
        let coordinator = try RunningCommand(bind + Self.stumps.arguments(), in: folder)
        try await coordinator.says("Start them with: troupe worker --connect tcp://127.0.0.1:")
        let address = try #require(try coordinator.errors.firstMatch(of: /--connect (\S+)/)?.output.1)
        let worker = try RunningCommand(["worker", "--connect", String(address)], in: folder)
        let run = try await coordinator.ended()
        #expect(run.code == 0, "\(run.errors)")
        #expect(try await run.digest == Self.stumpReference.value)
        #expect(run.errors.contains("round 12, features 9 to 16 of 30 goes to "), "\(run.errors)")
        #expect(try await worker.ended().code == 0)
    }

    @Test("that is killed goes on with the same command, does no recorded round again, and gives the same bits")
    func killed() async throws {
        let folder = try Self.longNetworks.folder()
        let arguments = ["train", "--verbose", "--workers", "2"] + Self.longNetworks.arguments()
        let first = try RunningCommand(arguments, in: folder)
        try await first.says("Running round 3")
        first.send(SIGKILL)
        #expect(try await first.ended().code == 137)
        let second = try await CommandRun(arguments, in: folder)
        #expect(second.code == 0, "\(second.errors)")
        #expect(try await second.digest == Self.longReference.value)
        #expect(second.errors.contains("2 tasks recorded, of which none is computed again"), "\(second.errors)")
        #expect(!second.errors.contains("Running round 1") && !second.errors.contains("Running round 2"))
        #expect(second.errors.contains("Running round 3") && second.errors.contains("Running round 4"))
    }
}

import Foundation
import Tasks
import TestSupport
import Testing
import Wire

@Suite("A coordinator", .serialized)
struct CoordinatorFaultTests {
    @Test("that is ended is waited for by its workers, which serve the next one", arguments: [SIGTERM, SIGKILL])
    func ended(signal: Int32) async throws {
        let job = TestJob(members: 4, epochs: 20)
        let folder = try job.folder()
        let address = "ipc://\(folder.path)/place"
        let workers = try (0..<2).map { _ in try RunningCommand(["worker", "-v", "--connect", address], in: folder) }
        let bind = ["coordinator", "--verbose", "--bind", address]
        let first = try RunningCommand(bind + TestJob(members: 4, epochs: 100_000).arguments(), in: folder)
        for worker in workers { try await worker.says("Running bootstrap") }
        first.send(signal)
        let run = try await first.ended(within: .seconds(20))
        #expect(run.code == 128 + signal && run.output.isEmpty)
        if signal == SIGTERM { #expect(run.errors.contains("\nTerminated"), "\(run.errors)") }
        let second = try await CommandRun(bind + job.arguments() + ["--fresh"], in: folder)
        #expect(second.code == 0, "\(second.errors)")
        #expect(try await second.digest == job.train(on: InlineCluster()))
        for worker in workers {
            if !second.errors.contains("joined (process \(worker.id))") { worker.send(SIGTERM) }
            #expect(try await worker.ended().code == 0)
        }
    }

    @Test("that is killed goes on with the same command: what was recorded is not done again")
    func resumed() async throws {
        let job = TestJob(members: 16, epochs: 200)
        let folder = try job.folder()
        let address = "ipc://\(folder.path)/place"
        let workers = try (0..<2).map { _ in try RunningCommand(["worker", "--connect", address], in: folder) }
        let command = ["coordinator", "--verbose", "--bind", address] + job.arguments()
        let first = try RunningCommand(command, in: folder)
        try await eventually("some members to be trained") {
            try first.errors.components(separatedBy: " done by ").count > 6
        }
        first.send(SIGKILL)
        let killed = try await first.ended().errors
        let (given, done) = (killed.components(separatedBy: " goes to "), killed.components(separatedBy: " done by "))
        #expect(given.count > done.count, "something was running")
        let second = try await CommandRun(command, in: folder)
        #expect(second.code == 0, "\(second.errors)")
        #expect(try await second.digest == job.train(on: InlineCluster()))
        let news = try #require(second.errors.firstMatch(of: /unfinished run: (\d+) tasks recorded, of which none/))
        let recorded = try #require(Int(news.1))
        #expect(recorded >= 4)
        #expect(second.errors.components(separatedBy: " done by ").count - 1 == 32 - recorded)
        for worker in workers { #expect(try await worker.ended().code == 0) }
    }

    @Test(
        "of another version is told in one sentence, and the worker ends",
        arguments: [
            Refused.Code.numericsMismatch, .unknownVersion,
        ]
    )
    func refusal(code: Refused.Code) async throws {
        let folder = try Folder()
        let router = try RouterService(on: Loop(name: "refuser"), in: Transport())
        try await router.bind(to: .ipc("\(folder.path)/place"))
        let refuser = Task {
            for await event in router.events {
                guard case .received(let parcel, let peer) = event, case .hello = parcel.message else { continue }
                let refused = Refused(code, "Run the same release of troupe on both sides.", field: "hello")
                _ = try await router.send(Parcel(.refused(refused)), to: peer)
            }
        }
        let run = try await CommandRun(["worker", "--connect", "ipc://\(folder.path)/place"], in: folder)
        #expect(run.code == 2)
        #expect(
            run.errors == """
                Working for the coordinator at ipc://\(folder.path)/place, as soon as it is there.
                Error: The coordinator does not take this worker: Run the same release of troupe on both sides.

                """
        )
        await router.close()
        try await refuser.value
    }

    @Test("says with --verbose who joins, gets which task and leaves, and is quiet without")
    func verbose() async throws {
        let job = TestJob(members: 2, epochs: 5)
        let folder = try job.folder()
        let address = "ipc://\(folder.path)/place"
        for isVerbose in [true, false] {
            let arguments = ["coordinator", "--bind", address] + (isVerbose ? ["--verbose"] : [])
            let coordinator = try RunningCommand(arguments + job.arguments(), in: folder)
            let worker = try RunningCommand(["worker", "--name", "anna", "--connect", address], in: folder)
            let (run, ending) = try await (coordinator.ended(), worker.ended())
            #expect(run.code == 0 && ending.code == 0)
            let said = run.errors
            #expect(
                said.contains("Waiting for workers at \(address). Start them with: troupe worker --connect \(address)")
            )
            for sentence in [
                "anna joined (process \(worker.id))", "bootstrap 1 of 2 goes to anna",
                "bootstrap 2 of 2 done by anna in",
                "score of member 1 of 2 goes to anna", "anna left: it said goodbye",
            ] {
                #expect(said.contains(sentence) == isVerbose, "\(sentence): \(said)")
            }
            let quiet = ending.errors.split(separator: "\n")
            #expect(
                quiet == [
                    "Working for the coordinator at \(address), as soon as it is there.",
                    "The coordinator at \(address) has no more work.",
                ],
                "\(quiet)"
            )
        }
    }
}

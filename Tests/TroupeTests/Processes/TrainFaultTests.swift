import Coordination
import Foundation
import Tasks
import TestSupport
import Testing

@Suite("Training with workers of its own", .serialized)
struct TrainFaultTests {
    private static let endless = TestJob(members: 4, epochs: 100_000)

    /// Starts `troupe train` in a folder that is also the one for temporary files, and waits until all workers have a task.
    private func start(_ job: TestJob, workers: Int = 2, in folder: Folder) async throws -> RunningCommand {
        let arguments = ["train", "--verbose", "--workers", "\(workers)"] + job.arguments()
        let command = try RunningCommand(arguments, in: folder, environment: ["TMPDIR": folder.path])
        try await eventually("\(workers) tasks to run") {
            try command.errors.components(separatedBy: "worker: Running bootstrap").count > max(workers, 1)
        }
        return command
    }

    /// Waits until nothing is left of a training but the job, and what is done if anything is.
    private func expectNothingLeft(of children: [Int32], in folder: Folder) async throws {
        try await eventually("the children \(children) to end", within: .seconds(20)) {
            !children.contains(where: ProcessTable.isAlive)
        }
        try await eventually("only the job and its ledger to be left", within: .seconds(5)) {
            let names = try folder.names().filter { !$0.hasPrefix(".run-") }
            guard names != ["job.yaml"] else { return true }
            return try names == ["job.yaml", "model.partial"]
                && Set(folder.names(in: "model.partial")).isSubset(of: Ledger.fileNames + ["blobs", ".owner"])
        }
    }

    @Test(
        "ends with a word when it is told to, and leaves nothing behind but its ledger",
        arguments: [(SIGINT, 2), (SIGTERM, 2), (SIGINT, 0)]
    )
    func told(signal: Int32, workers: Int) async throws {
        let folder = try Self.endless.folder()
        let command = try await start(Self.endless, workers: workers, in: folder)
        let children = command.children
        #expect(children.count == workers)
        command.send(signal)
        let run = try await command.ended(within: .seconds(20))
        #expect(run.code == 128 + signal && run.output.isEmpty)
        let word = signal == SIGINT ? "Interrupted" : "Terminated"
        let isKept = try folder.names().contains("model.partial")
        let fate =
            isKept
            ? ". What is done is kept: the same command goes on from there, and --fresh starts again."
            : ": nothing was saved."
        #expect(run.errors.hasSuffix("\n\(word)\(fate)\n"), "\(run.errors)")
        #expect(!children.contains(where: ProcessTable.isAlive), "children end before their parent")
        try await expectNothingLeft(of: children, in: folder)
    }

    @Test("ends when it is told to even if a worker is frozen")
    func frozen() async throws {
        let folder = try Self.endless.folder()
        let command = try await start(Self.endless, in: folder)
        let children = command.children
        if let child = children.first { kill(child, SIGSTOP) }
        command.send(SIGTERM)
        #expect(try await command.ended(within: .seconds(20)).code == 143)
        #expect(!children.contains(where: ProcessTable.isAlive))
        try await expectNothingLeft(of: children, in: folder)
    }

    @Test("can be killed: its workers end by themselves, and another job takes the place when it is told to")
    func killed() async throws {
        let job = TestJob(members: 64, epochs: 400)
        let folder = try job.folder()
        let command = try await start(job, in: folder)
        try await command.says("score of member 1 of 64 done by ")
        let children = command.children
        #expect(children.count == 2)
        command.send(SIGKILL)
        #expect(try await command.ended().code == 137)
        try await eventually("the children to end", within: .seconds(20)) {
            !children.contains(where: ProcessTable.isAlive)
        }
        let rest = Set(try folder.names())
        #expect(rest.isSubset(of: ["job.yaml", "model.partial"]), "\(rest)")
        let other = ["train"] + TestJob(members: 2, epochs: 1).arguments()
        let refused = try await CommandRun(other, in: folder)
        #expect(refused.code == 2 && refused.errors.contains("holds the unfinished run of another job"))
        let again = try await CommandRun(other + ["--fresh"], in: folder)
        #expect(again.code == 0, "\(again.errors)")
        #expect(try folder.names() == ["job.yaml", "model"])
    }

    @Test("that was killed goes on with the same command: what was recorded is not done again", arguments: [2, 0])
    func resumed(workers: Int) async throws {
        let job = TestJob(members: 16, epochs: 200)
        let folder = try job.folder()
        let calm = try await CommandRun(["train", "--workers", "2"] + job.arguments(output: "calm"), in: folder)
        let command = ["train", "--verbose", "--workers", "\(workers)"] + job.arguments()
        let first = try RunningCommand(command, in: folder)
        try await eventually("some members to be trained") {
            try first.errors.components(separatedBy: " done by ").count > 6
        }
        first.send(SIGKILL)
        let killed = try await first.ended().errors
        let (given, done) = (killed.components(separatedBy: " goes to "), killed.components(separatedBy: " done by "))
        #expect(given.count > done.count, "something was running")
        let second = try await CommandRun(command, in: folder)
        #expect(second.code == 0 && second.digest == calm.digest, "\(second.errors)")
        let news = try #require(second.errors.firstMatch(of: /unfinished run: (\d+) tasks recorded, of which none/))
        let recorded = try #require(Int(news.1))
        #expect(recorded >= 4)
        // A fit and a score for each member.
        #expect(second.errors.components(separatedBy: " done by ").count - 1 == 32 - recorded)
        #expect(try folder.names() == ["calm", "job.yaml", "model"])
    }

    @Test("replaces workers that are killed, one after the other, and finds the same bits")
    func replaced() async throws {
        let job = TestJob(members: 4, epochs: 300)
        let folder = try job.folder()
        let start = ContinuousClock.now
        let calm = try await CommandRun(["train", "--workers", "2"] + job.arguments(output: "calm"), in: folder)
        let took = ContinuousClock.now - start
        let command = try await self.start(job, in: folder)
        for child in command.children {
            try await eventually("a task at \(child)") { try command.errors.contains("/\(child)\n") }
            let count = try command.errors.components(separatedBy: " joined (process ").count
            kill(child, SIGKILL)
            try await eventually("another worker for \(child)") {
                try command.errors.components(separatedBy: " joined (process ").count > count
            }
        }
        let run = try await command.ended(within: took * 6 + .seconds(20))
        #expect(run.code == 0, "\(run.errors)")
        #expect(run.digest == calm.digest)
        #expect(run.errors.contains("(attempt 2)"), "\(run.errors)")
        let words = /was killed by signal 9(, when it had used \d+ MiB or more)?; another one takes its place/
        #expect(run.errors.matches(of: words).count == 2, "\(run.errors)")
        #expect(try folder.names() == ["calm", "job.yaml", "model"])
    }

    @Test("goes on when a worker is told to abort, with a report of where it was, and finds the same bits")
    func aborted() async throws {
        let job = TestJob(members: 4, epochs: 300)
        let folder = try job.folder()
        let arguments = ["train", "-v", "--workers", "2"] + job.arguments()
        let command = try RunningCommand(arguments, in: folder, environment: ["SWIFT_BACKTRACE": "enable=yes"])
        try await eventually("two workers") {
            try command.errors.components(separatedBy: " joined (process ").count == 3
        }
        // Who reports stops its threads by signals, and goes on if it was not its own fault.
        for child in command.children { kill(child, SIGABRT) }
        let run = try await command.ended(within: .seconds(60))
        #expect(run.code == 0, "\(run.errors)")
        #expect(try await run.digest == job.train(on: InlineCluster()))
    }

    @Test("tells why when workers end as soon as they are started, and ends")
    func crashes() async throws {
        let folder = try Self.endless.folder()
        let arguments = ["train", "--workers", "1"] + Self.endless.arguments()
        let command = try RunningCommand(arguments, in: folder, environment: ["TMPDIR": folder.path])
        var killed: Set<Int32> = []
        try await eventually("the command to give up; killed so far: \(killed)") {
            for child in command.children where killed.insert(child).inserted { kill(child, SIGKILL) }
            return !command.isRunning
        }
        let run = try await command.ended()
        #expect(run.code == 1 && killed.count == 5, "\(killed)")
        let lines = run.errors.split(separator: "\n").filter { $0.hasPrefix("Error: ") }
        #expect(
            lines == [
                """
                Error: Worker processes end as soon as they are started: the last one was killed by signal 9. What they say \
                stands above; `--workers 0` trains without them.
                """
            ],
            "\(run.errors)"
        )
        try await expectNothingLeft(of: Array(killed), in: folder)
    }

    @Test("keeps no zombie and no descriptor of workers that are gone")
    func leaks() async throws {
        let folder = try Self.endless.folder()
        let command = try await start(Self.endless, workers: 4, in: folder)
        let before = ProcessTable.descriptorCount(of: command.id)
        var gone: Set<Int32> = []
        // Each is killed less often in a row than makes the command give up.
        for _ in 0..<3 {
            let children = Set(command.children).subtracting(gone)
            #expect(children.count == 4)
            for child in children { kill(child, SIGKILL) }
            gone.formUnion(children)
            try await eventually("four new workers") {
                let children = command.children
                let count = try command.errors.components(separatedBy: " joined (process ").count - 1
                return count == gone.count + 4 && children.count == 4 && gone.isDisjoint(with: children)
            }
        }
        try await eventually("the descriptors to be closed: \(before)", within: .seconds(10)) {
            ProcessTable.descriptorCount(of: command.id) <= before
        }
        command.send(SIGTERM)
        #expect(try await command.ended().code == 143)
    }
}

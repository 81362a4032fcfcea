import Foundation
import Synchronization
import Tasks
import Tensors
import TestSupport
import Testing

@Suite("Every recipe", .serialized)
struct EveryRecipeTests {
    /// What an undisturbed run in one process says.
    private struct Calm {
        let digest: String
        /// How many tasks it took.
        let tasks: Int
    }

    private static let calm = Mutex<[SampleJob: Calm]>([:])

    private static func calm(_ sample: SampleJob) async throws -> Calm {
        if let known = calm.withLock({ $0[sample] }) { return known }
        let folder = try sample.folder()
        let arguments = ["train", "--verbose", "--workers", "0"] + sample.job.arguments()
        let run = try await CommandRun(arguments, in: folder)
        #expect(run.code == 0, "\(run.errors)")
        let result = Calm(digest: try #require(run.digest), tasks: run.count(of: " done by "))
        let file = Hash(of: try folder.bytes(of: "model/weights.safetensors")).description
        #expect(file == result.digest && result.tasks > 0)
        calm.withLock { $0[sample] = result }
        return result
    }

    @Test("gives the same bits with any number of workers", arguments: SampleJob.allCases, [1, 2, 4])
    func workers(sample: SampleJob, workers: Int) async throws {
        let calm = try await Self.calm(sample)
        let folder = try sample.folder()
        let run = try await CommandRun(["train", "--workers", "\(workers)"] + sample.job.arguments(), in: folder)
        #expect(run.code == 0 && run.digest == calm.digest, "\(run.errors)")
        #expect(try folder.names(in: "model") == ["ledger.sqlite", "model.json", "weights.safetensors"])
    }

    @Test(
        "gives the same bits over TCP when a worker is killed that holds a task, and then the coordinator, and does nothing twice that was written down",
        arguments: SampleJob.allCases.filter { $0 != .stumps }
    )
    func kills(sample: SampleJob) async throws {
        let calm = try await Self.calm(sample)
        let folder = try sample.folder()
        func command(_ address: String) -> [String] {
            ["coordinator", "--verbose", "--bind", address] + sample.job.arguments()
        }
        let first = try RunningCommand(command("tcp://127.0.0.1:*"), in: folder)
        try await first.says("Start them with: troupe worker --connect tcp://127.0.0.1:")
        let address = try String(#require(first.errors.firstMatch(of: /--connect (\S+)/)?.output.1))
        var workers: [String: RunningCommand] = [:]
        for name in ["anna", "bert", "carl"] {
            workers[name] = try RunningCommand(["worker", "--connect", address, "--name", name], in: folder)
        }

        let victim = try await freezeOneThatHoldsATask(workers, of: first)
        workers.removeValue(forKey: victim)?.send(SIGKILL)
        try await first.says("\(victim) left: ")
        // It may have finished what it was seen to hold, and have been given the next just then.
        let left = /left: [^;\n]*; given back: (.*?)(?: and [0-9]+ more)?\n/
        let held = try String(#require(first.errors.firstMatch(of: left)?.output.1)).split(separator: ", ")
        #expect(!held.isEmpty)
        try await eventually("the tasks to be done elsewhere: \(held)") {
            let said = try first.errors
            return held.allSatisfy { said.contains("\($0) done by ") }
        }

        // Again in its midst: something runs, and something was done.
        try await eventually("a moment to kill the coordinator") {
            let said = try first.errors
            return said.count(of: " done by ") >= calm.tasks / 3 || !first.isRunning
        }
        first.send(SIGKILL)
        let killed = try await first.ended()
        #expect(killed.code == 137, "it was not over")
        let done = killed.count(of: " done by ")
        #expect(done < calm.tasks)

        let second = try await CommandRun(command(address), in: folder)
        #expect(second.code == 0 && second.digest == calm.digest, "\(second.errors.suffix(2000))")
        #expect(second.errors.contains("Going on with an unfinished run: "), "\(second.errors.suffix(2000))")
        let lost =
            second.errors.firstMatch(of: /; (\d+) tasks? not written down/).flatMap { Int($0.output.1) } ?? 0
        #expect(lost <= sample.mostLost)
        // What the first run finished and the second did not run was written down. What was finished and is run again is
        // what was lost, but for tasks that were on their way into the ledger.
        let again = second.count(of: " done by ") + done - calm.tasks
        #expect((lost...(lost + 3)).contains(again), "\(again) tasks were run twice, and \(lost) lost")
        for worker in workers.values { #expect(try await worker.ended().code == 0) }
    }

    /// Freezes a worker that holds a task, so that it stays at this task.
    private func freezeOneThatHoldsATask(
        _ workers: [String: RunningCommand],
        of coordinator: RunningCommand
    ) async throws -> String {
        try await eventually("the first task to be done") { try coordinator.errors.contains(" done by ") }
        for _ in 0..<200 {
            guard let name = try coordinator.errors.matches(of: /goes to (\w+)/).last.map({ String($0.output.1) }),
                let worker = workers[name]
            else { continue }
            worker.send(SIGSTOP)
            // What it said before it froze has arrived by then.
            try await Task.sleep(for: .milliseconds(50))
            let last = try coordinator.errors.split(separator: "\n").last { $0.contains(" \(name)") }
            if last?.contains(" goes to ") == true { return name }
            worker.send(SIGCONT)
        }
        throw TimedOut("no worker was found that holds a task")
    }
}

extension CommandRun {
    fileprivate func count(of text: String) -> Int { errors.count(of: text) }
}

extension String {
    fileprivate func count(of text: String) -> Int { components(separatedBy: text).count - 1 }
}

import Foundation
import Synchronization
import Tasks
import TestSupport
import Testing

/// Each test trains twice on worker processes, undisturbed and then with a fault. The bits must be the same, and the time
/// not beyond what the fault can explain.
@Suite("With real workers", .serialized)
struct WorkerFaultTests {
    /// Long enough that each task is seen in its midst, at heartbeats of a tenth of a second.
    private static let job = TestJob(members: 4, epochs: 900)

    /// Noticing a silent worker and starting processes takes seconds where others are busy too.
    private func limit(_ calm: Duration) -> Duration { calm * 4 + .seconds(20) }

    /// Trains without a fault.
    private func calm() async throws -> (digest: String, took: Duration) {
        let stage = try await Stage(workers: ["anna", "bert"])
        let (digest, _, took) = try await stage.train(Self.job) { _ in }
        #expect(try await stage.finish() == ["anna": 0, "bert": 0], "workers end when there is no more work")
        #expect(stage.story.events.allSatisfy { !$0.isRepetition }, "\(stage.story)")
        return (digest, took)
    }

    @Test("a worker that is killed amid a task loses nothing: the same task is done again elsewhere")
    func killed() async throws {
        let calm = try await calm()
        let stage = try await Stage(workers: ["anna", "bert"])
        let (digest, held, _) = try await stage.train(Self.job, within: limit(calm.took)) { stage in
            let held = try await stage.taskInTheMidst()
            try stage.worker(held.worker).send(SIGKILL)
            return held
        }
        let (events, story) = (stage.story.events, stage.story.description)
        let other = held.worker == "anna" ? "bert" : "anna"
        #expect(digest == calm.digest)
        #expect(events.contains { $0.isDeparture(of: held.worker, givingBack: held.role) }, "\(story)")
        #expect(events.contains { $0.isAssignment(of: held.role, attempt: 2, to: other) }, "\(story)")
        #expect(events.contains { $0.isFinish(of: held.role, by: other) }, "\(story)")
        #expect(!events.contains { $0.isFinish(of: held.role, by: held.worker) }, "\(story)")
        #expect(events.count { $0.isRepetition } == 1, "nothing else is done twice: \(story)")
        #expect(try await stage.finish() == [other: 0, held.worker: 137])
    }

    @Test("a worker that waits in vain says so, and returns 0")
    func alone() async throws {
        let folder = try Folder()
        let run = try await CommandRun(
            ["worker", "--connect", "ipc://\(folder.path)/nobody", "--wait", "1"],
            in: folder
        )
        #expect(run.code == 0 && run.errors.contains("for 1.0 seconds, so this worker ends."), "\(run.errors)")
    }

    /// What a router of ZeroMQ says that serves something else: its greeting (ZMTP 3.0, RFC 23), and then three bytes.
    private static let otherRouter: [[UInt8]] = {
        let signature = [0xFF] + [UInt8](repeating: 0, count: 8) + [0x7F]
        let mechanism = Array("NULL".utf8) + [UInt8](repeating: 0, count: 16)
        let greeting = signature + [3, 0] + mechanism + [UInt8](repeating: 0, count: 32)
        let ready = [5] + Array("READY".utf8) + [11] + Array("Socket-Type".utf8) + [0, 0, 0, 6] + Array("ROUTER".utf8)
        return [greeting + [4, UInt8(ready.count)] + ready, [0, 3] + Array("abc".utf8)]
    }()

    @Test(
        "a worker that reaches another program says so, not again and again, and calls it ever less often",
        arguments: [
            ([Array("HTTP/1.1 400 Bad Request\r\n\r\nThis is for browsers.".utf8)], "ends connections"),
            ([], "ends connections"), (otherRouter, "does not speak"),
        ]
    )
    func otherProgram(answer: [[UInt8]], remark: String) async throws {
        let calls = Mutex(0)
        let listener = try TCPListener { caller in
            calls.withLock { $0 += 1 }
            for part in answer {
                send(caller, part, part.count, Int32(MSG_NOSIGNAL))
                // A message that comes with the greeting is held to be part of it.
                usleep(50_000)
            }
            shutdown(caller, Int32(SHUT_WR))
            // What is not read when it closes would take back what it has said.
            var (pause, bytes) = (timeval(tv_sec: 1, tv_usec: 0), [UInt8](repeating: 0, count: 512))
            setsockopt(caller, SOL_SOCKET, SO_RCVTIMEO, &pause, socklen_t(MemoryLayout<timeval>.size))
            while recv(caller, &bytes, bytes.count, 0) > 0 {}
            close(caller)
        }
        let place = "tcp://127.0.0.1:\(listener.port)"
        let worker = try RunningCommand(["worker", "--connect", place], in: Folder())
        try await worker.says("Warning: Who listens at \(place) \(remark)")
        try await Task.sleep(for: .seconds(6))
        worker.send(SIGTERM)
        let run = try await worker.ended()
        #expect(run.code == 0)
        let warnings = run.errors.split(separator: "\n").filter { $0.hasPrefix("Warning") }
        #expect(warnings.count == Set(warnings).count, "\(warnings)")
        // 9 to 11 were counted: a few at once, then with pauses that grow to 2 s. Without pauses there are 47.
        #expect(calls.withLock { $0 } < 18, "\(calls.withLock { $0 })")
        withExtendedLifetime(listener) {}
    }

    @Test("a worker that is frozen is missed, and is of use again when it thaws")
    func frozen() async throws {
        let calm = try await calm()
        let stage = try await Stage(workers: ["anna", "bert"], silence: .seconds(1))
        let (digest, held, _) = try await stage.train(Self.job, within: limit(calm.took)) { stage in
            let held = try await stage.taskInTheMidst()
            let victim = try stage.worker(held.worker)
            victim.send(SIGSTOP)
            try await stage.story.wait("the task to go elsewhere") { events in
                events.contains { $0.isDeparture(of: held.worker, givingBack: held.role) }
                    && events.contains { $0.isAssignment(of: held.role, attempt: 2) }
            }
            victim.send(SIGCONT)
            return held
        }
        #expect(digest == calm.digest)
        try await stage.story.wait("the worker to come back") { events in
            events.count { $0.isArrival(of: held.worker) } == 2
        }
        // Now it is the only one.
        let other = held.worker == "anna" ? "bert" : "anna"
        try stage.worker(other).send(SIGTERM)
        #expect(try await stage.worker(other).ended().code == 0)
        let again = try await stage.train(Self.job, within: limit(calm.took * 2)) { _ in }
        #expect(again.digest == calm.digest, "\(stage.story)")
        #expect(try await stage.finish() == ["anna": 0, "bert": 0])
    }

    @Test("a worker that is told to end finishes its task first, and nobody does it again")
    func drained() async throws {
        let calm = try await calm()
        for signal in [SIGTERM, SIGINT] {
            let stage = try await Stage(workers: ["anna", "bert"])
            let (digest, run, _) = try await stage.train(Self.job, within: limit(calm.took)) { stage in
                let held = try await stage.taskInTheMidst(at: "anna")
                let worker = try stage.worker("anna")
                worker.send(signal)
                return (held.role, try await worker.ended(within: .seconds(20)))
            }
            let (role, ending) = run
            let (events, story) = (stage.story.events, stage.story.description)
            #expect(digest == calm.digest)
            #expect(ending.code == 0 && ending.errors.contains("Finishing what runs"), "\(ending)")
            #expect(events.contains { $0.isFinish(of: role, by: "anna") }, "\(story)")
            // A task that was on its way to the worker when it was told goes elsewhere without having been begun.
            #expect(!events.contains { $0.isAssignment(of: role, attempt: 2) }, "\(story)")
            try await stage.finish()
        }
    }

    @Test("a worker that is told to end twice ends at once, and its task is done elsewhere")
    func endedAtOnce() async throws {
        let calm = try await calm()
        let stage = try await Stage(workers: ["anna", "bert"])
        let (digest, run, _) = try await stage.train(Self.job, within: limit(calm.took)) { stage in
            let held = try await stage.taskInTheMidst(at: "anna")
            let worker = try stage.worker("anna")
            worker.send(SIGTERM)
            try await worker.says("Finishing what runs")
            // Two that come together count as one.
            try await Task.sleep(for: .milliseconds(20))
            worker.send(SIGTERM)
            return (held.role, try await worker.ended())
        }
        let (role, ending) = run
        // Unless what it ran was over before the second signal came.
        let wasFaster = stage.story.events.contains { $0.isFinish(of: role, by: "anna") }
        #expect(ending.code == 143 || (ending.code == 0 && wasFaster), "\(ending)")
        #expect(digest == calm.digest)
        #expect(
            stage.story.events.contains { $0.isAssignment(of: role, attempt: 2, to: "bert") }
                || stage.story.events.contains { $0.isFinish(of: role, by: "anna") },
            "\(stage.story)"
        )
        try await stage.finish()
    }
}

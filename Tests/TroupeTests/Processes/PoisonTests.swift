import Coordination
import Foundation
import Tasks
import Tensors
import TestSupport
import Testing

/// Tasks that are the end of the process that runs them, or do not end.
@Suite("Poison tasks at real workers", .serialized)
struct PoisonTests {
    private static let poison = "bootstrap 3 of 8"

    @Test("one that aborts whoever runs it is given up after few workers, by its name; the others' results are kept")
    func aborting() async throws {
        let job = TestJob(members: 8, epochs: 40)
        let folder = try job.folder()
        let command = ["train", "--workers", "2"] + job.arguments()
        let plan = "\(KillPoint.computing.rawValue):\(Self.poison):abort"
        let poisoned = try RunningCommand(command, in: folder, environment: [KillPoint.variable: plan])
        let run = try await poisoned.ended()
        let deaths = run.errors.components(separatedBy: "another one takes its place").count - 1
        #expect(run.code == 1, "\(run.errors)")
        #expect(run.errors.contains(Self.poison) && run.errors.contains("its worker was lost"), "\(run.errors)")
        // Each is blamed with what it ran beside, so that one more may be needed.
        #expect((3...4).contains(deaths), "\(run.errors)")
        #expect(try folder.names().contains("model.partial"))
        // A build without the fault goes on from there.
        let mended = try await CommandRun(command, in: folder)
        #expect(mended.code == 0 && mended.errors.contains("task"), "\(mended.errors)")
        #expect(try await mended.digest == job.train(on: InlineCluster()))
    }

    @Test("a worker at which one hangs lives, and others do its work once they have nothing else to do")
    func hanging() async throws {
        let job = TestJob(members: 8, epochs: 40)
        let folder = try job.folder()
        let place = "ipc://\(folder.path)/place"
        let coordinator = try RunningCommand(["coordinator", "-v", "--bind", place] + job.arguments(), in: folder)
        let environment = [KillPoint.variable: "\(KillPoint.computing.rawValue):2:hang"]
        let hung = try RunningCommand(["worker", "--connect", place], in: folder, environment: environment)
        try await coordinator.says(" joined (")
        let other = try RunningCommand(["worker", "--connect", place], in: folder)
        let run = try await coordinator.ended()
        #expect(run.code == 0, "\(run.errors)")
        #expect(try await run.digest == job.train(on: InlineCluster()))
        #expect(run.errors.contains("(attempt 2)") && !run.errors.contains("nothing was heard"), "\(run.errors)")
        for worker in [hung, other] { #expect(try await worker.ended().code == 0) }
    }

    @Test("one that goes on and on keeps one worker, which lives, until nobody waits for it")
    func endless() async throws {
        let job = TestJob(members: 4, epochs: 40)
        let calm = try await job.train(on: InlineCluster())
        let stage = try await Stage(workers: ["anna", "bert"])
        // 2^39 steps, half as many as a program may have, would take some ten minutes at a nanosecond each.
        let program = try Self.loop(rounds: 1 << 19)
        let waiting = Task { _ = try await stage.coordinator.run(program, Work(.round(1), inputs: [Self.one])) }
        func step() async -> Int {
            await stage.coordinator.status().running.first { $0.role == .round(1) }?.step ?? 0
        }
        try await eventually("it to run") { await step() > 0 }
        let before = await step()
        let meanwhile = try await stage.train(job) { _ in }
        #expect(meanwhile.digest == calm)
        // Longer than a worker may be silent.
        try await Task.sleep(for: .milliseconds(2_500))
        #expect(await step() > before)
        #expect(stage.story.events.allSatisfy { !$0.isDeparture(of: "anna") && !$0.isDeparture(of: "bert") })
        waiting.cancel()
        _ = await waiting.result
        try await eventually("it to be interrupted") { await stage.coordinator.status().running.isEmpty }
        let afterwards = try await stage.train(job) { _ in }
        #expect(afterwards.digest == calm)
        let helpers = stage.story.events.compactMap { event -> String? in
            if case .finished(_, let worker, _) = event { worker } else { nil }
        }
        #expect(Set(helpers) == ["anna", "bert"], "both are of use: \(stage.story)")
        // One with more steps than are allowed, 2^40, is refused by whoever gets it.
        let tooLong = try Self.loop(rounds: 1 << 21)
        let refusal = await #expect(throws: TaskError.self) {
            _ = try await stage.coordinator.run(tooLong, Work(.round(2), inputs: [Self.one]))
        }
        #expect("\(String(describing: refusal))".contains("1099511627776"), "\(String(describing: refusal))")
        #expect(try await stage.finish() == ["anna": 0, "bert": 0])
    }

    private static let one = TaskInput.value(TensorValue(scalar: 1 as Float))

    /// A program that does next to nothing, so many times 2^20 times.
    private static func loop(rounds: Int) throws -> Program {
        try Program.trace([Port("x", TensorType(.f32, []))]) { inputs in
            let x = scan(inputs[0], count: rounds) { x, _ in
                (scan(x, count: 1 << 20) { x, _ in (x * 0.999 + 0.001, x) }.carry, x)
            }
            return ["x": x.carry]
        }
    }
}

import Foundation
import TestSupport
import Testing

/// `TROUPE_COORDINATOR_KILLS=100` kills as often for each recipe, `TROUPE_CHAOS_SEED` at other moments.
@Suite("A coordinator that is killed again and again", .serialized)
struct CoordinatorKillTests {
    private static func setting(_ name: String, default value: Int) -> Int {
        ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? value
    }

    @Test(
        "at any moment goes on from what was recorded, which only grows, to the calm bits",
        arguments: SampleJob.allCases
    )
    func killed(sample: SampleJob) async throws {
        let seed = UInt64(Self.setting("TROUPE_CHAOS_SEED", default: 1))
        let kills = Self.setting("TROUPE_COORDINATOR_KILLS", default: 2)
        var random = Seeded(seed)
        let folder = try sample.folder()
        let start = ContinuousClock.now
        let undisturbed = ["train", "--workers", "0"] + sample.job.arguments(output: "calm")
        let calm = try #require(try await CommandRun(undisturbed, in: folder).digest)
        let took = Int((ContinuousClock.now - start) / .milliseconds(1))
        let place = "ipc://\(folder.path)/place"
        var workers: [RunningCommand] = []
        var (killed, run, recorded) = (0, 0, 0)
        var beginnings: [Duration] = []
        while true {
            workers.removeAll { !$0.isRunning }
            while workers.count < 2 { workers.append(try RunningCommand(["worker", "--connect", place], in: folder)) }
            let command = ["coordinator", "--verbose", "--bind", place] + sample.job.arguments(output: "model\(run)")
            let began = ContinuousClock.now
            let coordinator = try RunningCommand(command, in: folder)
            let life = Duration.milliseconds(random.integer(20...100 + took))
            var hasBegun = false
            while coordinator.isRunning, killed >= kills || ContinuousClock.now - began < life {
                if !hasBegun, try coordinator.errors.contains(" goes to ") {
                    hasBegun = true
                    beginnings.append(ContinuousClock.now - began)
                }
                try await Task.sleep(for: .milliseconds(5))
            }
            coordinator.send(SIGKILL)
            let ended = try await coordinator.ended()
            let news = ended.errors.firstMatch(of: /unfinished run: (\d+) tasks? recorded/)
            let found = news.flatMap { Int($0.output.1) } ?? 0
            // One that was killed before it had looked says nothing.
            if ended.code != 128 + SIGKILL || news != nil {
                #expect(found >= recorded, "seed \(seed): \(recorded) tasks were recorded: \(ended.errors)")
                recorded = found
            }
            if ended.code == 128 + SIGKILL {
                killed += 1
                // On its last steps it has written the model.
                guard try folder.names().contains("model\(run)") else { continue }
            } else {
                #expect(ended.code == 0 && ended.digest == calm, "seed \(seed): \(ended.errors)")
            }
            (run, recorded) = (run + 1, 0)
            if killed >= kills { break }
        }
        for worker in workers { worker.send(SIGTERM) }
        let median = beginnings.sorted()[beginnings.count / 2]
        print("\(sample), seed \(seed): \(killed) kills in \(run) runs; to the first task \(median)")
    }
}

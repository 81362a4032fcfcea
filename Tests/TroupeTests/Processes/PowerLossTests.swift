import Foundation
import Tasks
import TestSupport
import Testing

/// `TROUPE_POWER_CUTS=100` makes it long, `TROUPE_POWER_SEED` another.
@Suite(
    "A failure of the power",
    .serialized,
    .enabled(if: LoopDisk.isPossible, "only root may mount a file as a disk")
)
struct PowerLossTests {
    private static let job = TestJob(members: 24, epochs: 60)

    private static func setting(_ name: String, default value: Int) -> Int {
        ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? value
    }

    /// What a disk looked like at some moment, and the members whose training had been acknowledged by then: they are scored
    /// only afterwards.
    private struct Cut {
        let image: String
        let acknowledged: Set<Int>
    }

    @Test("at any moment loses nothing that was acknowledged, and the same command goes on to the bits of a calm run")
    func cuts() async throws {
        let seed = UInt64(Self.setting("TROUPE_POWER_SEED", default: 1))
        var missing = Self.setting("TROUPE_POWER_CUTS", default: 4)
        var random = Seeded(seed)
        let start = ContinuousClock.now
        let calm = try await Self.job.train(on: InlineCluster())
        let took = Int((ContinuousClock.now - start) / .milliseconds(1))
        var (acknowledged, recorded) = (0, 0)
        let all = missing
        while missing > 0 {
            let folder = try Self.job.folder()
            let disk = try LoopDisk(in: folder, named: "disk")
            let command = ["train", "--verbose", "--workers", "0"] + Self.job.arguments(output: "disk/model")
            let run = try RunningCommand(command, in: folder)
            var cuts: [Cut] = []
            while run.isRunning, cuts.count < min(missing, 8) {
                try await Task.sleep(for: .milliseconds(random.integer(0...took / 6)))
                let cut = Cut(image: "\(folder.path)/\(cuts.count).image", acknowledged: try Self.scored(run.errors))
                try disk.copy(to: cut.image)
                cuts.append(cut)
            }
            missing -= cuts.count
            run.send(SIGKILL)
            for (number, cut) in cuts.enumerated() {
                let revived = try LoopDisk.revived(cut.image, at: "\(folder.path)/after\(number)")
                let output = "after\(number)/model"
                let isOver = try folder.names(in: "after\(number)").contains("model")
                let again = try await CommandRun(
                    ["train", "--verbose", "--workers", "0"] + Self.job.arguments(output: output),
                    in: folder
                )
                #expect(again.code == 0 && again.digest == calm, "seed \(seed): \(again.errors)")
                acknowledged += cut.acknowledged.count
                guard !isOver else { continue }
                let lost = try Self.trained(again.errors).intersection(cut.acknowledged)
                #expect(lost.isEmpty, "seed \(seed): acknowledged and computed again: \(lost.sorted()) \(again.errors)")
                let news = again.errors.firstMatch(of: /unfinished run: (\d+) tasks? recorded/)
                recorded += news.flatMap { Int($0.output.1) } ?? 0
                _ = revived
            }
        }
        print(
            "power, seed \(seed): \(all) cuts, \(acknowledged) trainings acknowledged, \(recorded) tasks recorded, 0 lost"
        )
    }

    private static func scored(_ log: String) throws -> Set<Int> {
        Set(log.matches(of: /score of member (\d+) of \d+ goes to/).compactMap { Int($0.output.1) })
    }

    private static func trained(_ log: String) throws -> Set<Int> {
        Set(log.matches(of: /bootstrap (\d+) of \d+ goes to/).compactMap { Int($0.output.1) })
    }
}

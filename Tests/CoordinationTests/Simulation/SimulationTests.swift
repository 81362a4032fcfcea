import Foundation
import Testing
import Wire

@testable import Coordination

/// Coordinator and workers through seeded faults. `TROUPE_SEED=number` runs that seed of each test alone, and tells its
/// story; `TROUPE_SEEDS_AFTER=number` runs as many seeds as usual, that far beyond the usual ones.
@Suite("Coordinator and workers in simulated time", .timeLimit(.minutes(5)))
struct SimulationTests {
    private static let chosen = ProcessInfo.processInfo.environment["TROUPE_SEED"].flatMap { UInt64($0) }
    private static let start = ProcessInfo.processInfo.environment["TROUPE_SEEDS_AFTER"].flatMap { UInt64($0) } ?? 0

    private static func world(
        _ seed: UInt64,
        _ faults: World.Faults,
        trains: Bool,
        weakness: World.Weakness? = nil,
        tells: Bool = false
    ) -> World {
        var world = World(seed: seed, faults: faults, weakness: weakness, trains: trains, tells: tells)
        world.run(steps: 300, tasks: 20)
        return world
    }

    /// Runs a world for each seed, on all cores, and those in which something does not hold once more.
    ///
    /// - Returns: the stories of the first two of these, and in how many a training had to be started again since a task was
    ///   wrongly taken to have killed workers.
    private func outcome(
        of seeds: Range<UInt64>,
        trains: Bool,
        _ faults: @escaping @Sendable (UInt64) -> World.Faults
    ) async -> (failures: [String], misfortunes: Int) {
        let seeds = Self.chosen.map { $0..<$0 + 1 } ?? Self.start + seeds.lowerBound..<Self.start + seeds.upperBound
        let width = UInt64(ProcessInfo.processInfo.activeProcessorCount)
        let (failed, misfortunes) = await withTaskGroup(of: ([UInt64], Int).self) { group in
            for lane in 0..<width {
                group.addTask {
                    var (failed, misfortunes): ([UInt64], Int) = ([], 0)
                    for seed in stride(from: seeds.lowerBound + lane, to: seeds.upperBound, by: Int(width))
                    where failed.count < 2 {
                        let world = Self.world(seed, faults(seed), trains: trains)
                        if !world.violations.isEmpty { failed.append(seed) }
                        misfortunes += world.misfortunes
                    }
                    return (failed, misfortunes)
                }
            }
            return await group.reduce(into: ([UInt64](), 0)) { sum, lane in
                sum.0 += lane.0
                sum.1 += lane.1
            }
        }
        let stories = failed.sorted().prefix(2).map { seed in
            let told = Self.world(seed, faults(seed), trains: trains, tells: true)
            let story = told.story.suffix(Self.chosen == nil ? 60 : .max).joined(separator: "\n")
            let words =
                "TROUPE_SEED=\(seed), faults \(faults(seed).rawValue): \(told.violations.first ?? "")\n\(story)"
            return words.replacing(/([0-9a-f]{8})[0-9a-f]{56}/) { $0.output.1 }
        }
        return (stories, misfortunes)
    }

    @Test("whatever breaks, every task is delivered once or fails for a reason, and in the end nothing is left")
    func everything() async {
        let outcome = await outcome(of: 0..<9_000, trains: false) { _ in .all }
        #expect(outcome.failures.isEmpty)
    }

    @Test("each mixture of faults is survived")
    func mixtures() async {
        let outcome = await outcome(of: 0..<16_384, trains: false) {
            World.Faults.mixture($0)
        }
        #expect(outcome.failures.isEmpty)
    }

    @Test("workers whose numbers are not finite for no reason are found and sent away, and no others")
    func broken() {
        var (unmasked, excused, wrong) = (0, 0, 0)
        for seed in Self.start + 50_000..<Self.start + 51_000 {
            let world = Self.world(seed, [.broken, .cut, .crash, .stall], trains: true)
            #expect(world.violations.isEmpty, "TROUPE_SEED=\(seed): \(world.violations)")
            unmasked += world.unmasked
            excused += world.isExcused ? 1 : 0
            wrong += world.hosts.contains(where: \.isBroken) ? 1 : 0
        }
        print(
            "of 1,000 trainings \(wrong) had broken workers, \(unmasked) were sent away, \(excused) trainings were too lonely to tell"
        )
        #expect(unmasked > wrong / 4)
        #expect(excused < wrong)
    }

    @Test("after the last fault, a training ends within a deadline that follows from the calm run")
    func deadline() {
        // Until a worker that is gone is missed, until a task that lost some is tried once more, and until it comes back.
        let limits = Scheduler.Limits()
        let silence = Patience.limit(usual: limits.silence, resendPause: .milliseconds(400))
        let patience = silence + limits.backOff.upperBound + .seconds(1)
        var slowest = Duration.zero
        for seed in Self.start + 60_000..<Self.start + 62_000 {
            let world = Self.world(seed, World.Faults.all.subtracting([.stumble, .broken]), trains: true)
            let calm = Self.world(seed, [], trains: true)
            guard let faultsEnd = world.faultsEnd, let workEnd = world.workEnd, let calmEnd = calm.workEnd else {
                continue
            }
            let rest = faultsEnd.duration(to: workEnd)
            let all = Instant(nanoseconds: 0).duration(to: calmEnd)
            #expect(rest <= all + patience, "TROUPE_SEED=\(seed)")
            slowest = max(slowest, rest - all)
        }
        print("the slowest training took \(slowest) more after the last fault than all of it takes in calm")
    }

    @Test("broken connections, frozen workers and workers that stop fail no task")
    func falseAlarms() async {
        let outcome = await outcome(of: 20_000..<20_500, trains: false) { _ in [.cut, .freeze, .drain] }
        #expect(outcome.failures.isEmpty)
    }

    @Test(
        "whatever breaks, a training gives the model of the calm run, and nothing that was accepted is computed again"
    )
    func models() async {
        let outcome = await outcome(of: 30_000..<45_000, trains: true) { seed in
            seed % 2 == 0
                ? World.Faults.all.subtracting(.stumble)
                : World.Faults.mixture(seed).subtracting(.stumble)
        }
        #expect(outcome.failures.isEmpty)
        print("\(outcome.misfortunes) trainings had to be started again since a task seemed to have killed its workers")
        // None of these, and 4 of 90,000 others, whose workers were killed within milliseconds after they were given a task.
        #expect(outcome.misfortunes <= 3)
    }

    @Test("each weakness on purpose is found within some seeds", arguments: World.Weakness.allCases)
    func weaknesses(weakness: World.Weakness) {
        let finder = (40_000..<40_500 as Range<UInt64>).first { seed in
            let faults = World.Faults.all.subtracting([.stumble, .broken])
            return !Self.world(seed, faults, trains: true, weakness: weakness).violations.isEmpty
        }
        #expect(finder != nil, "\(weakness)")
    }

    @Test("the same seed tells the same story")
    func determinism() {
        for seed in 0..<20 as Range<UInt64> {
            let stories = (0..<2).map { _ in Self.world(seed, .all, trains: seed % 2 == 0, tells: true).story }
            let same = zip(stories[0], stories[1]).prefix { $0 == $1 }.count
            #expect(same == stories[0].count && same == stories[1].count, "seed \(seed) from line \(same)")
        }
    }
}

import Testing

@testable import Coordination

@Suite("Scheduler and workers in simulated time", .timeLimit(.minutes(1)))
struct SimulationTests {
    /// Runs a world for each seed, and once more with its story when something does not hold.
    private func run(_ seeds: Range<UInt64>, _ faults: (UInt64) -> World.Faults) {
        var failures = 0
        for seed in seeds where failures < 3 {
            var world = World(seed: seed, faults: faults(seed))
            world.run(steps: 400, tasks: 30)
            guard let violation = world.violations.first else { continue }
            failures += 1
            var told = World(seed: seed, faults: faults(seed), tells: true)
            told.run(steps: 400, tasks: 30)
            let story = told.story.suffix(300).joined(separator: "\n")
            let words = "seed \(seed), faults \(faults(seed).rawValue): \(violation)\n\(story)"
            Issue.record(Comment(rawValue: words.replacing(/([0-9a-f]{8})[0-9a-f]{56}/) { $0.output.1 }))
        }
    }

    @Test("whatever breaks, every task is delivered once or fails for a reason, and in the end nothing is left")
    func everything() { run(0..<1_000) { _ in .all } }

    @Test("each mixture of faults is survived")
    func mixtures() { run(0..<1_024) { World.Faults(rawValue: Int($0 % 256)) } }

    @Test("broken connections, frozen workers and workers that stop fail no task")
    func falseAlarms() { run(0..<500) { _ in [.cut, .freeze, .drain] } }

    @Test("the same seed tells the same story")
    func determinism() {
        for seed in 0..<20 as Range<UInt64> {
            var (first, second) = (
                World(seed: seed, faults: .all, tells: true), World(seed: seed, faults: .all, tells: true)
            )
            first.run(steps: 300, tasks: 25)
            second.run(steps: 300, tasks: 25)
            let same = zip(first.story, second.story).prefix { $0 == $1 }.count
            #expect(same == first.story.count && same == second.story.count, "seed \(seed) from line \(same)")
        }
    }
}

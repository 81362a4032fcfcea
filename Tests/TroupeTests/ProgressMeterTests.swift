import Jobs
import Tasks
import Testing

@testable import troupe

@Suite("The progress of a job")
struct ProgressMeterTests {
    private let start = ContinuousClock.now

    private func progress(tasks: Int) -> TrainingProgress {
        TrainingProgress(unit: "members", done: tasks, total: 4, tasks: tasks, share: Double(tasks) / 4)
    }

    @Test("moves within a task, and never goes back")
    func share() {
        var meter = ProgressMeter(progress(tasks: 0), at: start)
        #expect(meter.line.description == "0 % · 0 of 4 members")
        meter.look(workers: 1, underWay: 0.1, at: start + .seconds(10))
        #expect(meter.line.description == "10 % · 0 of 4 members · 1:30 left · 1 worker")
        meter.look(workers: 2, underWay: 0.2, at: start + .seconds(20))
        #expect(meter.line.description == "20 % · 0 of 4 members · 1:20 left · 2 workers")
        meter.look(workers: 2, underWay: 0.05, running: ["round 3"], at: start + .seconds(30))
        #expect(meter.line.description == "20 % · 0 of 4 members · 2:00 left · 2 workers · round 3")
        meter.look(workers: 2, underWay: 0.05, running: ["round 4", "round 5"], at: start + .seconds(30))
        #expect(meter.line.description == "20 % · 0 of 4 members · 2:00 left · 2 workers · round 4 + 1")
        meter.update(progress(tasks: 1), at: start + .seconds(40))
        #expect(meter.line.description == "25 % · 1 of 4 members · 1.5 tasks/min · 2:00 left · 2 workers · round 4 + 1")
        meter.update(progress(tasks: 4), at: start + .seconds(60))
        #expect(meter.line.description == "100 % · 4 of 4 members · 4.0 tasks/min · 1:00 in all")
    }

    @Test("promises nothing while there are no workers, and leaves that time out of account")
    func waiting() {
        var meter = ProgressMeter(progress(tasks: 0), at: start)
        meter.look(workers: 0, underWay: 0, at: start)
        #expect(meter.line.description == "0 % · 0 of 4 members · waiting for workers")
        meter.look(workers: 0, underWay: 0, at: start + .seconds(1000))
        #expect(meter.line.isWaiting)
        meter.look(workers: 1, underWay: 0, at: start + .seconds(1000))
        meter.look(workers: 1, underWay: 0.25, at: start + .seconds(1010))
        meter.look(workers: 0, underWay: 0, at: start + .seconds(1010))
        #expect(meter.line.description == "25 % · 0 of 4 members · waiting for workers")
        meter.look(workers: 0, underWay: 0, at: start + .seconds(2000))
        meter.look(workers: 1, underWay: 0.25, at: start + .seconds(2000))
        #expect(meter.line.description == "25 % · 0 of 4 members · 0:30 left · 1 worker")
        meter.look(workers: 0, underWay: 0, at: start + .seconds(2000))
        meter.update(progress(tasks: 1), at: start + .seconds(2000))
        #expect(!meter.line.isWaiting, "somebody has done it")
    }

    @Test("is made of equal parts for equal work, however it is cut into tasks")
    func shares() throws {
        func plan(_ epochs: Int) throws -> TrainingPlan {
            let text = "recipe: bagging\ndata: digits\nepochs: \(epochs)\nensemble: {members: 4, members_per_task: 2}\n"
            return try TrainingPlan(Job(yaml: text, file: "job.yaml"))
        }
        let (short, long) = try (plan(1), plan(10_000))
        let (pair, score) = (Role.bootstrap(members: 0..<2, of: 4), Role.score(members: 0..<2, of: 4))
        // Once forward and back over the rows, and once forward.
        #expect(short.share(of: pair) == 0.375 && short.share(of: .bootstrap(members: 3..<4, of: 4)) == 0.1875)
        #expect(short.share(of: score) == 0.125)
        let tasks = (0.5 - long.share(of: score)) / long.share(of: pair)
        #expect(tasks > 1 && abs(tasks - tasks.rounded()) < 1e-9, "a long fit is a chain of \(tasks) tasks")
        #expect(long.share(of: score) < 1e-4)
    }

    @Test("is complete when all is done, not when rounding says so")
    func rounding() {
        var almost = progress(tasks: 3)
        almost.share = 1.0000001
        var meter = ProgressMeter(almost, at: start)
        meter.update(almost, at: start)
        #expect(meter.line.percent == 99)
        almost.done = 4
        meter.update(almost, at: start)
        meter.look(workers: 0, underWay: 0, at: start)
        #expect(meter.line.percent == 100 && !meter.line.isWaiting)
    }

    @Test("tells the time that is left by what this run has done, not by what an earlier one had")
    func resumed() {
        let start = ContinuousClock.now
        func progress(_ tasks: Int) -> TrainingProgress {
            TrainingProgress(unit: "members", done: tasks, total: 100, tasks: tasks, share: Double(tasks) / 100)
        }
        var meter = ProgressMeter(progress(0), at: start)
        meter.update(progress(60), reused: 60, at: start + .seconds(1))
        #expect(meter.line.description == "60 % · 60 of 100 members")
        meter.update(progress(70), reused: 60, at: start + .seconds(10))
        #expect(meter.line.description == "70 % · 70 of 100 members · 1.0 tasks/s · 0:30 left")
    }
}

import Jobs
import Testing

@testable import troupe

@Suite("A line of progress")
struct ProgressLineTests {
    private func line(done: Int, tasks: Int, seconds: Int) -> ProgressLine {
        let share = Double(done) / 32
        let progress = TrainingProgress(unit: "members", done: done, total: 32, tasks: tasks, share: share)
        return ProgressLine(progress: progress, share: share, workers: nil, elapsed: .seconds(seconds))
    }

    @Test("tells what is done, how fast, and how long it will take at that pace")
    func description() {
        #expect(line(done: 0, tasks: 0, seconds: 0).description == "0 % · 0 of 32 members")
        #expect(line(done: 8, tasks: 4, seconds: 2).description == "25 % · 8 of 32 members · 2.0 tasks/s · 0:06 left")
        #expect(
            line(done: 8, tasks: 4, seconds: 1000).description == "25 % · 8 of 32 members · 14 tasks/h · 50:00 left"
        )
        #expect(
            line(done: 32, tasks: 16, seconds: 61).description
                == "100 % · 32 of 32 members · 16 tasks/min · 1:01 in all"
        )
    }

    @Test("has a bar that fills, and fits into the terminal")
    func bar() {
        #expect(line(done: 8, tasks: 4, seconds: 2).bar(width: 80).hasPrefix("████░░░░░░░░░░░░ 25 %"))
        for width in 0...120 {
            for done in [0, 1, 31, 32] {
                let text = line(done: done, tasks: done, seconds: 7).bar(width: width)
                #expect(text.count <= max(0, width - 1), "\(width)")
                let cells = text.count { $0 == "█" || $0 == "░" }
                #expect(text.count { $0 == "█" } == cells * (100 * done / 32) / 100)
            }
        }
    }

    @Test("says in a narrow terminal what runs rather than how fast, and neither rather than have no bar")
    func narrow() {
        var line = line(done: 8, tasks: 4, seconds: 2)
        line.running = "bootstrap 17 of 32 + 1"
        #expect(line.bar(width: 90).hasSuffix("· 2.0 tasks/s · 0:06 left · bootstrap 17 of 32 + 1"))
        #expect(line.bar(width: 70).hasSuffix("░ 25 % · 8 of 32 members · 0:06 left · bootstrap 17 of 32 + 1"))
        #expect(line.bar(width: 60).hasSuffix("░ 25 % · 8 of 32 members · 2.0 tasks/s · 0:06 left"))
    }

    @Test("writes times and rates as people do")
    func numbers() {
        #expect(ProgressLine.clock(0) == "0:00" && ProgressLine.clock(59.6) == "1:00")
        #expect(ProgressLine.clock(3600) == "1:00:00" && ProgressLine.clock(-1) == "0:00")
        #expect(ProgressLine.clock(.infinity).count < 12 && ProgressLine.clock(.nan) == "0:00")
        #expect(ProgressLine.pace(1234.5) == "1235 tasks/s" && ProgressLine.pace(1.26) == "1.3 tasks/s")
        #expect(ProgressLine.pace(0.5) == "30 tasks/min" && ProgressLine.pace(0.001) == "3.6 tasks/h")
    }
}

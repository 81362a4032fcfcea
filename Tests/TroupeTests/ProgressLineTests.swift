import Jobs
import Testing

@testable import troupe

@Suite("A line of progress")
struct ProgressLineTests {
    private func line(done: Int, tasks: Int, seconds: Int) -> ProgressLine {
        let progress = TrainingProgress(unit: "members", done: done, total: 32, tasks: tasks)
        return ProgressLine(progress: progress, elapsed: .seconds(seconds))
    }

    @Test("tells what is done, how fast, and how long it will take at that pace")
    func description() {
        #expect(line(done: 0, tasks: 0, seconds: 0).description == "0 of 32 members")
        #expect(line(done: 8, tasks: 4, seconds: 2).description == "8 of 32 members · 2.0 tasks/s · 0:06 left")
        #expect(line(done: 8, tasks: 4, seconds: 1000).description == "8 of 32 members · 0.0 tasks/s · 50:00 left")
        #expect(line(done: 32, tasks: 16, seconds: 61).description == "32 of 32 members · 0.26 tasks/s · 1:01 in all")
    }

    @Test("has a bar that fills, and fits into the terminal")
    func bar() {
        #expect(line(done: 8, tasks: 4, seconds: 2).bar(width: 80).hasPrefix("███████"))
        for width in 0...120 {
            for done in [0, 1, 31, 32] {
                let text = line(done: done, tasks: done, seconds: 7).bar(width: width)
                #expect(text.count <= max(0, width - 1), "\(width)")
                let cells = text.count { $0 == "█" || $0 == "░" }
                #expect(text.count { $0 == "█" } == cells * done / 32)
            }
        }
    }

    @Test("writes times and rates as people do")
    func numbers() {
        #expect(ProgressLine.clock(0) == "0:00" && ProgressLine.clock(59.6) == "1:00")
        #expect(ProgressLine.clock(3600) == "1:00:00" && ProgressLine.clock(-1) == "0:00")
        #expect(ProgressLine.clock(.infinity).count < 12 && ProgressLine.clock(.nan) == "0:00")
        #expect(ProgressLine.rate(0.1234) == "0.12" && ProgressLine.rate(12.34) == "12.3")
        #expect(ProgressLine.rate(1234.5) == "1235")
    }
}

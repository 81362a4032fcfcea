import Foundation
import TestSupport
import Testing

@Suite("In a terminal", .serialized)
struct TerminalTests {
    @Test("a bar moves within long tasks, and at its end stands a line of its own")
    func bar() async throws {
        let job = TestJob(members: 2, epochs: 2700)
        let folder = try job.folder()
        let terminal = try Terminal()
        let arguments = ["train", "--workers", "2"] + job.arguments()
        let command = try RunningCommand(arguments, in: folder, terminal: terminal.end)
        try await eventually("the end: \(terminal.text)", within: .seconds(60)) {
            _ = terminal.text
            return !command.isRunning
        }
        #expect(command.code == 0)
        let drawings = terminal.drawings
        let percents = try drawings.map { drawing in
            try #require(drawing.firstMatch(of: /(\d+) %/).flatMap { Int($0.output.1) }, "\(drawing)")
        }
        #expect(percents == percents.sorted() && percents.first == 0 && percents.last == 100, "\(percents)")
        #expect(
            zip(percents, drawings).contains {
                1...98 ~= $0 && $1.contains("0 of 2 members") && $1.contains(" left · 2 workers")
            },
            "\(drawings)"
        )
        #expect(
            drawings.allSatisfy {
                $0.hasSuffix("\u{1b}[K") && $0.count < 83 && $0.contains("░") != $0.contains("100 %")
            }
        )
        #expect(terminal.text.hasSuffix(" in all\u{1b}[K\r\n"), "\(terminal.text.suffix(200))")
    }

    @Test("what is said stands above the bar, which says that it waits for workers")
    func lines() async throws {
        let job = TestJob(members: 2, epochs: 100_000)
        let folder = try job.folder()
        let terminal = try Terminal()
        let bind = ["coordinator", "--bind", "ipc://\(folder.path)/place"]
        let command = try RunningCommand(bind + job.arguments(), in: folder, terminal: terminal.end)
        try await eventually("a bar: \(terminal.text)") {
            terminal.drawings.contains { $0.contains("░ 0 % · 0 of 2 members · waiting for workers") }
        }
        let worker = try RunningCommand(
            ["worker", "--name", "anna", "--connect", "ipc://\(folder.path)/place"],
            in: folder
        )
        try await eventually("a worker: \(terminal.text)") { terminal.drawings.last?.contains("1 worker") ?? false }
        worker.send(SIGKILL)
        try await eventually("a warning: \(terminal.text)") { terminal.text.contains("given back") }
        #expect(
            ["bootstrap 1 of 2", "bootstrap 2 of 2"].contains { role in
                terminal.text.contains(
                    "\r\u{1b}[KWarning: anna left: its connection ended; given back: \(role)\r\n"
                )
            },
            "\(terminal.text)"
        )
        try await eventually("nobody: \(terminal.text)") { terminal.drawings.last?.contains("waiting") ?? false }
        command.send(SIGINT)
        try await eventually("the end") { !command.isRunning }
        #expect(command.code == 130)
        #expect(
            terminal.text.hasSuffix("members · waiting for workers\u{1b}[K\r\nInterrupted: nothing was saved.\r\n"),
            "\(terminal.text.suffix(300))"
        )
    }

    @Test("none is drawn when standard error goes elsewhere: a line for each tenth, and a word when workers are gone")
    func elsewhere() async throws {
        let job = TestJob(members: 4, epochs: 5)
        let run = try await CommandRun(["train", "--workers", "1"] + job.arguments(), in: job.folder())
        let lines = run.errors.split(separator: "\n")
        #expect(!run.errors.contains("\u{1b}") && !run.errors.contains("\r"))
        #expect((1...10).contains(lines.count) && lines.allSatisfy { $0.contains(" of 4 members") }, "\(run.errors)")
        #expect(lines.last?.hasPrefix("100 % · 4 of 4 members · ") ?? false, "\(run.errors)")
    }
}

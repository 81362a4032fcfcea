import Foundation
import Tasks
import TestSupport
import Testing

@Suite("The wall clock", .serialized)
struct ClockTests {
    /// The library that shifts it, made in a folder; nil where there is no compiler.
    private func library(in folder: Folder) -> String? {
        let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Support/clock_jumps.c").path
        let library = "\(folder.path)/clock_jumps.so"
        for compiler in ["cc", "clang"] {
            let command = [compiler, "-shared", "-fPIC", "-O1", source, "-o", library, "-ldl"]
            if (try? SystemCommand.run(command)) != nil { return library }
        }
        return nil
    }

    /// Days and hours, in seconds.
    private func shift(_ days: Int, _ hours: Int) -> Data {
        withUnsafeBytes(of: Int64(days * 24 + hours) * 3_600) { Data($0) }
    }

    @Test("may jump by days, each process's by itself: nobody is missed, and nothing is done twice")
    func jumps() async throws {
        let job = TestJob(members: 24, epochs: 150)
        let folder = try job.folder()
        guard let library = library(in: folder) else { return print("no C compiler: the clock is not shifted") }
        let place = "ipc://\(folder.path)/place"
        func start(_ arguments: [String], clock: String) throws -> RunningCommand {
            try shift(0, 0).write(to: URL(fileURLWithPath: "\(folder.path)/\(clock)"))
            let environment = ["LD_PRELOAD": library, "TROUPE_WALL_CLOCK": "\(folder.path)/\(clock)"]
            return try RunningCommand(arguments, in: folder, environment: environment)
        }
        let coordinator = try start(["coordinator", "-v", "--bind", place] + job.arguments(), clock: "coordinator")
        let workers = try ["anna", "bert"].map {
            try start(["worker", "-v", "--connect", place, "--name", $0], clock: $0)
        }
        func jump(_ clock: String, days: Int, hours: Int) throws {
            let file = try FileHandle(forUpdating: URL(fileURLWithPath: "\(folder.path)/\(clock)"))
            try file.write(contentsOf: shift(days, hours))
            try file.close()
        }
        for (round, (days, hours)) in [(5, 6), (-2, -6), (0, 0), (3_650, 3), (-20, 1)].enumerated() {
            try await eventually("more to be done") {
                try coordinator.errors.components(separatedBy: " done by ").count > 4 * (round + 1)
                    || !coordinator.isRunning
            }
            for clock in ["coordinator", "anna", "bert"] where round % 3 != 2 || clock != "bert" {
                try jump(clock, days: days, hours: hours)
            }
        }
        let run = try await coordinator.ended()
        #expect(run.code == 0, "\(run.errors)")
        #expect(try await run.digest == job.train(on: InlineCluster()))
        #expect(!run.errors.contains("(attempt ") && !run.errors.contains("given back"), "\(run.errors)")
        let hours = run.errors.matches(of: /(?m)^(\d\d):\d\d:\d\d\.\d+ coordinator/).compactMap { Int($0.output.1) }
        #expect(Set(hours).count > 2, "the clock of the log has jumped: \(Set(hours))")
        for worker in workers { #expect(try await worker.ended().code == 0) }
    }
}

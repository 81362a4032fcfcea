import Foundation
import Tasks
import TestSupport
import Testing

@Suite("Whoever reads the log", .serialized)
struct LogReaderTests {
    private static let job = TestJob(members: 40, epochs: 10)

    /// A pipe into which a page of text goes.
    private func smallPipe() -> Pipe {
        let pipe = Pipe()
        // F_SETPIPE_SZ
        _ = fcntl(pipe.fileHandleForWriting.fileDescriptor, 1031, 4_096)
        return pipe
    }

    @Test(
        "may be stuck or gone: training, with workers that talk into the same pipe, goes on",
        arguments: [false, true]
    )
    func train(isGone: Bool) async throws {
        let folder = try Self.job.folder()
        let pipe = smallPipe()
        if isGone { try pipe.fileHandleForReading.close() }
        let arguments = ["train", "--verbose", "--workers", "2"] + Self.job.arguments()
        let command = try RunningCommand(arguments, in: folder, terminal: pipe.fileHandleForWriting)
        let run = try await command.ended()
        #expect(run.code == 0)
        #expect(try await run.digest == Self.job.train(on: InlineCluster()))
    }

    @Test("of one worker may be stuck: nobody else is slower, and the worker works")
    func worker() async throws {
        let folder = try Self.job.folder()
        let place = "ipc://\(folder.path)/place"
        let pipe = smallPipe()
        let coordinator = try RunningCommand(["coordinator", "-v", "--bind", place] + Self.job.arguments(), in: folder)
        let arguments = ["worker", "-v", "--connect", place, "--name", "stuck"]
        let stuck = try RunningCommand(arguments, in: folder, terminal: pipe.fileHandleForWriting)
        let run = try await coordinator.ended()
        #expect(run.code == 0 && run.errors.components(separatedBy: "done by stuck").count == 81, "\(run.errors)")
        #expect(try await run.digest == Self.job.train(on: InlineCluster()))
        #expect(try await stuck.ended().code == 0)
    }
}

import Foundation
import Tasks
import TestSupport
import Testing

@Suite("Data that changes", .serialized)
struct DataFaultTests {
    private static let job = TestJob(
        text: """
            recipe: bagging
            data: {csv: wine.csv, label: cultivar}
            ensemble: {members: 12, members_per_task: 1}
            epochs: 300

            """
    )

    private var table: URL { Readme.repository.appendingPathComponent("Cluster/jobs/wine.csv") }

    private func folder() throws -> Folder {
        let folder = try Self.job.folder()
        try FileManager.default.copyItem(atPath: table.path, toPath: "\(folder.path)/wine.csv")
        return folder
    }

    @Test(
        "while a job runs is not noticed, since it was read before; between two runs it makes another job, and is told"
    )
    func changed() async throws {
        let folder = try folder()
        let command = ["train", "--verbose", "--workers", "2"] + Self.job.arguments()
        let calm = try await CommandRun(["train"] + Self.job.arguments(output: "calm"), in: folder)
        #expect(calm.code == 0, "\(calm.errors)")
        let original = String(decoding: try folder.bytes(of: "wine.csv"), as: UTF8.self)
        var lines = original.split(separator: "\n", omittingEmptySubsequences: false)
        lines.swapAt(3, 100)
        let other = lines.joined(separator: "\n")

        let first = try RunningCommand(command, in: folder)
        try await first.says(" done by ")
        try FileManager.default.removeItem(atPath: "\(folder.path)/wine.csv")
        let whole = try await first.ended()
        #expect(whole.code == 0 && whole.digest == calm.digest, "\(whole.errors)")
        try FileManager.default.removeItem(atPath: "\(folder.path)/model")
        try folder.write(original, to: "wine.csv")

        let second = try RunningCommand(command, in: folder)
        try await eventually("some to be done") { try second.errors.components(separatedBy: " done by ").count > 3 }
        second.send(SIGKILL)
        _ = try await second.ended()
        try FileManager.default.removeItem(atPath: "\(folder.path)/wine.csv")
        let absent = try await CommandRun(command, in: folder)
        #expect(absent.code == 2 && absent.errors.contains("wine.csv"), "\(absent.errors)")
        try folder.write(other, to: "wine.csv")
        let changed = try await CommandRun(command, in: folder)
        #expect(changed.code == 2 && changed.errors.contains("another job"), "\(changed.errors)")
        try folder.write(original, to: "wine.csv")
        let again = try await CommandRun(command, in: folder)
        #expect(again.code == 0 && again.digest == calm.digest, "\(again.errors)")
        #expect(again.errors.contains("Going on with an unfinished run"), "\(again.errors)")
    }
}

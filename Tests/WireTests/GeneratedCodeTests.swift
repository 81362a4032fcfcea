import Foundation
import TestSupport
import Testing

@Suite("Generated C")
struct GeneratedCodeTests {
    private static let package = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    @Test("is what Proto/generate makes of the messages", .timeLimit(.minutes(1)))
    func isNotStale() throws {
        let folder = try Folder()
        let log = try folder.write("", to: "log")
        let fresh = "\(folder.path)/generated"
        let generate = Process()
        generate.executableURL = Self.package.appendingPathComponent("Proto/generate")
        generate.arguments = [fresh]
        generate.standardError = FileHandle(forWritingAtPath: log)
        try generate.run()
        generate.waitUntilExit()
        // Without protoc-c nobody knows, so this fails rather than being skipped: Cluster/test installs it.
        let complaints = String(decoding: try folder.bytes(of: "log"), as: UTF8.self)
        try #require(generate.terminationStatus == 0, "Proto/generate: \(complaints)")

        let committed = Self.package.appendingPathComponent("Sources/CProtobuf").path
        let files = try Self.files(in: fresh)
        #expect(files.count == 13, "six messages, each with a source and a header, and the header of all")
        #expect(try Self.files(in: committed) == files)
        for file in files {
            let same = FileManager.default.contentsEqual(atPath: "\(fresh)/\(file)", andPath: "\(committed)/\(file)")
            #expect(same, "\(file) is stale: run Proto/generate")
        }
    }

    /// The paths of all files in a folder, sorted.
    private static func files(in folder: String) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: folder).filter { path in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: "\(folder)/\(path)", isDirectory: &isFolder)
                && !isFolder.boolValue
        }.sorted()
    }
}

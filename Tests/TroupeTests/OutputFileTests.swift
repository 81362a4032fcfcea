import Foundation
import Jobs
import TestSupport
import Testing

@testable import troupe

@Suite("A file that a command writes")
struct OutputFileTests {
    @Test("takes the place of another one; behind a link, what the link leads to")
    func files() throws {
        let folder = try Folder()
        let target = try folder.write("old", to: "target")
        try OutputFile.write("new", to: target)
        #expect(try folder.bytes(of: "target") == Array("new".utf8))
        let link = "\(folder.path)/link"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: target)
        try OutputFile.write("newer", to: link)
        #expect(try folder.bytes(of: "target") == Array("newer".utf8))
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == target)
    }

    @Test("may be a pipe, which stays one")
    func pipe() async throws {
        let folder = try Folder()
        let path = "\(folder.path)/pipe"
        #expect(mkfifo(path, 0o600) == 0)
        async let read = Task.detached { try FileHandle(forReadingFrom: URL(fileURLWithPath: path)).readToEnd() }.value
        try OutputFile.write("through", to: path)
        #expect(try await read == Data("through".utf8))
        var found = stat()
        #expect(stat(path, &found) == 0 && found.st_mode & S_IFMT == S_IFIFO)
    }

    @Test("cannot be a folder, or lie in one that is not there")
    func refused() throws {
        let folder = try Folder()
        for (path, reason) in [
            (folder.path, "it is a folder"), ("\(folder.path)/none/file", "no such file or directory"),
            ("/proc/file", "no such file or directory"),
        ] {
            let error = #expect(throws: Refusal.self) { try OutputFile.write("text", to: path) }
            let expected = "\(path): cannot be written: \(reason). Choose another place with --output."
            #expect(error?.description == expected, "\(error?.description ?? "")")
        }
        let empty = #expect(throws: Refusal.self) { try OutputFile.write("text", to: "") }
        #expect(empty?.description == "--output is empty, but must be the name of a file.")
    }
}

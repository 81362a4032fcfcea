import Foundation
import TestSupport
import Testing

@testable import troupe

@Suite("Lines for a reader who may be stuck", .timeLimit(.minutes(1)))
struct PatientOutputTests {
    /// A pipe with the least room that the system gives, one page.
    private struct SmallPipe: ~Copyable {
        let (reader, writer): (Int32, Int32)

        init() {
            var ends: [Int32] = [-1, -1]
            _ = pipe(&ends)
            (reader, writer) = (ends[0], ends[1])
            // F_SETPIPE_SZ, and reading does not wait.
            _ = fcntl(writer, 1031, 4_096)
            _ = fcntl(reader, F_SETFL, O_NONBLOCK)
        }

        /// What lies in it.
        func read() -> String {
            var bytes = [UInt8](repeating: 0, count: 1 << 16)
            let count = Glibc.read(reader, &bytes, bytes.count)
            return String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
        }

        deinit { for end in [reader, writer] { close(end) } }
    }

    /// Reads until nothing is behind.
    private func readAll(_ pipe: borrowing SmallPipe, _ output: PatientOutput) async throws -> String {
        var text = ""
        while output.isBehind {
            text += pipe.read()
            try await Task.sleep(for: .milliseconds(1))
        }
        return text + pipe.read()
    }

    @Test("come at once when there is room, and in order when there was none for a while")
    func order() async throws {
        for seed in 0..<20 as Range<UInt64> {
            var random = Seeded(seed)
            let pipe = SmallPipe()
            let output = PatientOutput(pipe.writer)
            output.write("first\n")
            #expect(pipe.read() == "first\n")
            var (written, text) = ("", "")
            for number in 0..<random.integer(1...400) {
                let line = "line \(number) \(String(repeating: "x", count: random.integer(0...100)))\n"
                output.write(line)
                written += line
                if random.oneIn(20) { text += pipe.read() }
            }
            text += try await readAll(pipe, output)
            #expect(text == written, "seed \(seed)")
        }
    }

    @Test("are left out and counted beyond a limit, and it goes on afterwards")
    func limit() async throws {
        let pipe = SmallPipe()
        let output = PatientOutput(pipe.writer, limit: 1_000)
        let lines = (0..<500).map { "line \($0) of what nobody reads for a long time\n" }
        for line in lines { output.write(line) }
        // It would find room, but not its place.
        output.write("\n")
        #expect(output.isBehind)
        let start = ContinuousClock.now
        output.flush(within: .milliseconds(10))
        #expect(output.isBehind && ContinuousClock.now - start >= .milliseconds(10))
        let text = try await readAll(pipe, output)
        let kept = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().dropLast()
        #expect(zip(lines, kept).allSatisfy { $0 == $1 + "\n" })
        #expect(kept.count > 50 && kept.count < 200, "\(kept.count)")
        #expect(text.hasSuffix("Warning: \(501 - kept.count) lines were left out here, since nobody read them.\n"))
        output.write("last\n")
        #expect(pipe.read() == "last\n")
    }

    @Test("are nothing when the reader is gone, and others of the same pipe may still wait for it")
    func gone() throws {
        signal(SIGPIPE, SIG_IGN)
        var ends: [Int32] = [-1, -1]
        #expect(pipe(&ends) == 0)
        let output = PatientOutput(ends[1])
        #expect(fcntl(ends[1], F_GETFL) & O_NONBLOCK == 0)
        close(ends[0])
        for _ in 0..<1_000 { output.write("a line that nobody will ever read, although it is not short at all\n") }
        #expect(!output.isBehind)
        close(ends[1])
    }

    @Test("stand in a file like any others")
    func file() throws {
        let folder = try Folder()
        try folder.write("before\n", to: "log")
        let file = open("\(folder.path)/log", O_WRONLY | O_APPEND)
        let output = PatientOutput(file)
        for number in 0..<100 { output.write("line \(number)\n") }
        #expect(!output.isBehind)
        close(file)
        let text = String(decoding: try folder.bytes(of: "log"), as: UTF8.self)
        #expect(text == "before\n" + (0..<100).map { "line \($0)\n" }.joined())
    }
}

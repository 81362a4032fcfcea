import Foundation

/// A command of the system, for tests that need mounts, networks or compilers.
enum SystemCommand {
    /// Runs a command to its end.
    ///
    /// - Returns: what it said.
    /// - Throws: `TimedOut` that says what the command said, when it fails or is not there.
    @discardableResult
    static func run(_ words: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = words
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        process.environment = ["PATH": "/usr/sbin:/sbin:/usr/bin:/bin:\(path)"]
        let pipe = Pipe()
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let said = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw TimedOut("\(words.joined(separator: " ")): \(said)")
        }
        return said
    }

    /// The same, with the words one by one.
    @discardableResult
    static func run(_ words: String...) throws -> String { try run(words) }
}

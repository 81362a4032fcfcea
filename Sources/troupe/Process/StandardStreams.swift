import Foundation

/// What is said on the way to what the user asked for.
enum StandardError {
    /// Writes a line at once.
    static func say(_ line: some CustomStringConvertible) {
        try? FileHandle.standardError.write(contentsOf: Data("\(line)\n".utf8))
    }
}

/// What the user asked for; everything else is said on standard error.
enum StandardOutput {
    /// Writes a line at once, so that a reader at the other end of a pipe has it when it is said.
    static func say(_ line: some CustomStringConvertible) {
        // A reader that has gone away wants no more.
        try? FileHandle.standardOutput.write(contentsOf: Data("\(line)\n".utf8))
    }
}

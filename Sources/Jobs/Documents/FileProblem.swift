import Foundation

/// Why the system refused to open, read or write a file.
enum FileProblem {
    /// Why the last call failed, in the system's own words: `no such file or directory`.
    static var last: String { String(cString: strerror(errno)).lowercased() }
}

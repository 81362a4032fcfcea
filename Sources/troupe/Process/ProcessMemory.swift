import Foundation

/// What the kernel tells about memory.
enum ProcessMemory {
    /// The most memory that a process has used so far, in bytes; nil when it is gone.
    static func peakBytes(of id: Int32) -> Int? {
        number(after: "VmHWM:", in: "/proc/\(id)/status").map { $0 << 10 }
    }

    /// How many processes the kernel of this machine has killed for want of memory; nil when it does not tell.
    static var killCount: Int? { number(after: "oom_kill ", in: "/proc/vmstat") }

    private static func number(after label: String, in path: String) -> Int? {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
        let line = text.split(separator: "\n").first { $0.hasPrefix(label) }
        return line?.dropFirst(label.count).split(whereSeparator: \.isWhitespace).first.flatMap { Int($0) }
    }
}

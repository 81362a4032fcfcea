import Foundation

/// What the system knows of processes.
enum ProcessTable {
    /// The children of a process, zombies too.
    static func children(of id: Int32) -> [Int32] {
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(id)/task")) ?? []
        return threads.flatMap { thread in
            let text = (try? String(contentsOfFile: "/proc/\(id)/task/\(thread)/children", encoding: .utf8)) ?? ""
            return text.split(separator: " ").compactMap { Int32($0) }
        }
    }

    /// Whether a process is there and is no zombie.
    static func isAlive(_ id: Int32) -> Bool {
        guard let state = state(of: id) else { return false }
        return state != "Z" && state != "X"
    }

    /// As `R`, `S`, `T` or `Z`; nil when there is no such process.
    static func state(of id: Int32) -> Character? {
        let text = try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8)
        return text?.split(separator: ")").last?.dropFirst().first
    }

    /// How many descriptors a process has open.
    static func descriptorCount(of id: Int32) -> Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(id)/fd").count) ?? 0
    }
}

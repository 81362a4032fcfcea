import Foundation

/// The memory that this process may use.
enum MachineMemory {
    /// The machine's memory, or less when the process runs in a container with a limit.
    static var byteCount: Int {
        let machine = Int(clamping: ProcessInfo.processInfo.physicalMemory)
        return limits.compactMap(limit).reduce(machine, min)
    }

    /// Where the two versions of control groups keep the limit of a container.
    private static let limits = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]

    private static func limit(in file: String) -> Int? {
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else { return nil }
        return Int(text.trimmingCharacters(in: .whitespacesAndNewlines))
    }
}

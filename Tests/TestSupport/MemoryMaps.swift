import Glibc

/// What this process has mapped.
public enum MemoryMaps {
    /// The lines of `/proc/self/maps` that name a file.
    ///
    /// - Parameter name: A part of the file's path.
    /// - Returns: the words of each line: the fourth is the file's device, the fifth its number.
    public static func lines(naming name: String) -> [[Substring]] {
        let file = open("/proc/self/maps", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return [] }
        defer { close(file) }
        var text: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        // The system gives less than was asked for long before the end.
        while case let count = read(file, &piece, piece.count), count > 0 { text += piece[..<count] }
        return String(decoding: text, as: UTF8.self).split(separator: "\n").filter { $0.contains(name) }
            .map { $0.split(separator: " ") }
    }
}

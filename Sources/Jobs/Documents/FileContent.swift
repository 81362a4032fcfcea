import Foundation

/// The bytes of a file, read to the end.
package enum FileContent {
    /// Reads a file.
    ///
    /// - Parameters:
    ///   - path: Where it lies.
    ///   - limit: The most bytes that it may have.
    /// - Returns: all bytes.
    /// - Throws: `DocumentError.unreadable` with the system's reason or because it is no file, or `.excessive`.
    package static func bytes(of path: String, limit: Int) throws(DocumentError) -> [UInt8] {
        // A pipe that nobody writes to would keep who opens it waiting.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw .unreadable(file: path, reason: FileProblem.last) }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw .unreadable(file: path, reason: FileProblem.last) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            let kind =
                switch status.st_mode & S_IFMT {
                case S_IFDIR: "a folder"
                case S_IFIFO: "a pipe"
                default: "a device"
                }
            throw .unreadable(file: path, reason: "it is \(kind), and must be a file")
        }
        var content: [UInt8] = []
        content.reserveCapacity(max(0, min(Int(status.st_size), limit)))
        var piece = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = read(file, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .unreadable(file: path, reason: FileProblem.last) }
            if count == 0 { return content }
            content += piece[..<count]
            guard content.count <= limit else {
                throw .excessive(.file(path), what: "it has more than \(limit) bytes", limit: "\(limit) bytes")
            }
        }
    }
}

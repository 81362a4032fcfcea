#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A file that is read from its start to its end.
struct InputFile: ~Copyable {
    /// nil when there is no file.
    private let descriptor: Int32?
    private let path: String

    /// No file, which has no bytes.
    init() {
        descriptor = nil
        path = ""
    }

    init(path: String) throws(CSVError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .cannotRead(file: path, reason: Self.reason) }
        self.descriptor = descriptor
        self.path = path
    }

    /// Replaces the buffer's content by the file's next bytes: as many as it has, or fewer.
    ///
    /// - Returns: How many; 0 at the end of the file.
    func read(into buffer: inout [UInt8]) throws(CSVError) -> Int {
        guard let descriptor else { return 0 }
        while true {
            #if canImport(Glibc)
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            #elseif canImport(Musl)
            let count = Musl.read(descriptor, &buffer, buffer.count)
            #endif
            if count >= 0 { return count }
            if errno != EINTR { throw .cannotRead(file: path, reason: Self.reason) }
        }
    }

    /// What the last call failed of, in the system's words.
    private static var reason: String { String(cString: strerror(errno)) }

    deinit {
        if let descriptor { close(descriptor) }
    }
}

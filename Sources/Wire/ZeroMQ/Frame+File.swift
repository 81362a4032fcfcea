import Glibc

extension Frame {
    /// The bytes of a file, mapped for reading: processes that map the same file share its memory.
    ///
    /// The file must not become shorter while the frame lives; nobody writes to a blob's file once it has its name.
    ///
    /// - Returns: nil when there is no such file, or it is not an ordinary one that can be read.
    package static func mapping(_ path: String) -> Frame? {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        guard status.st_size > 0 else { return Frame([]) }
        guard let map = Map(file, byteCount: Int(status.st_size), whenGone: {}) else { return nil }
        return Frame(lending: map.bytes, of: map)
    }

    /// The bytes of an open file, mapped for reading.
    ///
    /// - Parameters:
    ///   - file: An ordinary file, which must not become shorter while the frame lives.
    ///   - byteCount: How long it must be, at least one byte.
    ///   - whenGone: Is called once, on any thread, when nobody uses the bytes any more.
    /// - Returns: nil when the file cannot be mapped, or is not as long as that.
    package static func mapping(_ file: Int32, byteCount: Int, whenGone: @escaping @Sendable () -> Void) -> Frame? {
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size == byteCount,
            let map = Map(file, byteCount: byteCount, whenGone: whenGone)
        else { return nil }
        return Frame(lending: map.bytes, of: map)
    }

    /// Writes all bytes to an open file.
    ///
    /// - Returns: whether all were written; else `errno` says why.
    package func write(to file: Int32) -> Bool {
        withBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Glibc.write(file, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                rest = rest.dropFirst(count)
            }
            return true
        }
    }

    /// `@unchecked`: the mapping is private, only for reading, and does not change until `deinit`.
    private final class Map: @unchecked Sendable {
        let bytes: UnsafeRawBufferPointer
        private let whenGone: @Sendable () -> Void

        init?(_ file: Int32, byteCount: Int, whenGone: @escaping @Sendable () -> Void) {
            guard let start = mmap(nil, byteCount, PROT_READ, MAP_PRIVATE, file, 0), start != MAP_FAILED else {
                return nil
            }
            bytes = UnsafeRawBufferPointer(start: start, count: byteCount)
            self.whenGone = whenGone
        }

        deinit {
            munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
            whenGone()
        }
    }
}

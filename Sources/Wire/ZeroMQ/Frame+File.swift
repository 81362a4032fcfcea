import Glibc
package import Tensors

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
        guard let map = Map(file, byteCount: Int(status.st_size)) else { return nil }
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

    /// The name of a blob with this content. Reads all of it.
    package var blobName: Hash {
        let chunks = stride(from: 0, to: count, by: Hash.chunkByteCount).map { start in
            Hash(of: slice(start..<min(start + Hash.chunkByteCount, count)).bytes)
        }
        return .ofBlob(length: count, chunks: chunks)
    }

    /// `@unchecked`: the mapping is private, only for reading, and does not change until `deinit`.
    private final class Map: @unchecked Sendable {
        let bytes: UnsafeRawBufferPointer

        init?(_ file: Int32, byteCount: Int) {
            guard let start = mmap(nil, byteCount, PROT_READ, MAP_PRIVATE, file, 0), start != MAP_FAILED else {
                return nil
            }
            bytes = UnsafeRawBufferPointer(start: start, count: byteCount)
        }

        deinit { munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count) }
    }
}

extension Hash {
    /// The number of bytes of a chunk of a blob; the last chunk may be shorter.
    public static let chunkByteCount = 1 << 20

    /// The name of a blob: the SHA-256 of its length (8 bytes, little-endian) followed by the SHA-256 of each of its
    /// 1 MiB chunks in order. So chunks verify as they arrive, and hash in parallel.
    public static func ofBlob(_ content: [UInt8]) -> Hash { content.withUnsafeBytes { ofBlob($0) } }

    /// The name of a blob that lies in memory.
    package static func ofBlob(_ content: UnsafeRawBufferPointer) -> Hash {
        if 1...chunkByteCount ~= content.count { return Hash(of: content.count, and: Hash(of: content)) }
        let digests = stride(from: 0, to: content.count, by: chunkByteCount).map { start in
            Hash(of: UnsafeRawBufferPointer(rebasing: content[start..<min(start + chunkByteCount, content.count)]))
        }
        return ofBlob(length: content.count, chunks: digests)
    }

    /// The name of a blob whose chunks were hashed one by one.
    public static func ofBlob(length: Int, chunks: [Hash]) -> Hash {
        var header: [UInt8] = []
        header.append(littleEndian: UInt64(length))
        for chunk in chunks { header.append(chunk) }
        return Hash(of: header)
    }
}

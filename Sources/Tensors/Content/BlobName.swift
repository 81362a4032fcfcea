extension Hash {
    /// The number of bytes of a chunk of a blob; the last chunk may be shorter.
    public static let chunkByteCount = 1 << 20

    /// The name of a blob: the SHA-256 of its length (8 bytes, little-endian) followed by the SHA-256 of each of its
    /// 1 MiB chunks in order. So chunks verify as they arrive, and hash in parallel.
    public static func ofBlob(_ content: [UInt8]) -> Hash {
        let digests = content.withUnsafeBytes { bytes in
            stride(from: 0, to: bytes.count, by: chunkByteCount).map { start in
                Hash(of: UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + chunkByteCount, bytes.count)]))
            }
        }
        return ofBlob(length: content.count, chunks: digests)
    }

    /// The name of a blob whose chunks were hashed one by one.
    public static func ofBlob(length: Int, chunks: [Hash]) -> Hash {
        var header: [UInt8] = []
        header.append(littleEndian: UInt64(length))
        for chunk in chunks { header += chunk.bytes }
        return Hash(of: header)
    }
}

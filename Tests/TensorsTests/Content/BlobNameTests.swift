import Tensors
import Testing

@Suite("Names of blobs")
struct BlobNameTests {
    /// As golden.py: bytes that differ between chunks.
    private func pattern(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 + $0 / 1000) }
    }

    @Test("a name is over the length and the digests of chunks of 1 MiB, from none to several")
    func names() throws {
        let golden = try Golden.read().blobs
        #expect(golden.map(\.count).contains(0) && golden.map(\.count).contains(Hash.chunkByteCount))
        for blob in golden {
            #expect(Hash.ofBlob(pattern(blob.count)).description == blob.name, "\(blob.count) bytes")
        }
    }

    @Test("chunks that were hashed one by one give the same name")
    func chunkByChunk() {
        let content = pattern(2 * Hash.chunkByteCount + 77)
        let chunks = stride(from: 0, to: content.count, by: Hash.chunkByteCount).map { start in
            Hash(of: Array(content[start..<min(start + Hash.chunkByteCount, content.count)]))
        }
        #expect(chunks.count == 3)
        #expect(Hash.ofBlob(length: content.count, chunks: chunks) == Hash.ofBlob(content))
    }
}

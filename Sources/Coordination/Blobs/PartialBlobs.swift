import Tensors
import Wire

/// The bytes of blobs that are on their way here. They are hashed as they come, so that the end of a large one keeps nobody
/// waiting.
struct PartialBlobs {
    private struct Part {
        let buffer: FrameBuffer
        /// The digests of the chunks that are complete.
        var chunks: [Hash] = []

        private func digest(_ range: Range<Int>) -> Hash { buffer.withBytes(range) { Hash(of: $0) } }

        mutating func append(_ piece: Frame) {
            buffer.append(piece)
            let size = Hash.chunkByteCount
            while buffer.count - chunks.count * size >= size {
                let start = chunks.count * size
                chunks.append(digest(start..<start + size))
            }
        }

        /// The name of what has come.
        var name: Hash {
            let rest = chunks.count * Hash.chunkByteCount..<buffer.count
            return .ofBlob(length: buffer.count, chunks: rest.isEmpty ? chunks : chunks + [digest(rest)])
        }
    }

    private var parts: [Hash: Part] = [:]

    /// Adds the next piece of a blob of so many bytes. Costs about a nanosecond per byte.
    mutating func append(_ piece: Frame, to name: Hash, of byteCount: Int) {
        var part = parts.removeValue(forKey: name) ?? Part(buffer: FrameBuffer(byteCount: byteCount))
        part.append(piece)
        parts[name] = part
    }

    /// Takes out a blob that is complete; nil when its content does not have its name.
    mutating func take(_ name: Hash) -> Frame? {
        let part = parts.removeValue(forKey: name) ?? Part(buffer: FrameBuffer(byteCount: 0))
        return part.name == name ? part.buffer.frame() : nil
    }

    /// Forgets what has come of a blob.
    mutating func drop(_ name: Hash) { parts[name] = nil }
}

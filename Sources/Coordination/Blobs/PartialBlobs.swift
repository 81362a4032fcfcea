import Tensors
import Wire

/// The bytes of blobs that are on their way here.
struct PartialBlobs {
    private var parts: [Hash: FrameBuffer] = [:]

    /// Adds the next piece of a blob of so many bytes.
    mutating func append(_ piece: Frame, to name: Hash, of byteCount: Int) {
        let part = parts[name] ?? FrameBuffer(byteCount: byteCount)
        parts[name] = part
        part.append(piece)
    }

    /// Takes out a blob that is complete; nil when its content does not have its name.
    mutating func take(_ name: Hash) -> Frame? {
        let frame = parts.removeValue(forKey: name)?.frame() ?? Frame([])
        return frame.blobName == name ? frame : nil
    }

    /// Forgets what has come of a blob.
    mutating func drop(_ name: Hash) { parts[name] = nil }
}

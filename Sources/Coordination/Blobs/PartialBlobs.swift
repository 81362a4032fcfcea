import Tensors
import Wire

/// The bytes of blobs that are on their way here.
struct PartialBlobs {
    private var parts: [Hash: [UInt8]] = [:]

    /// Adds the next piece of a blob.
    mutating func append(_ piece: Frame, to name: Hash) {
        piece.withBytes { parts[name, default: []].append(contentsOf: $0) }
    }

    /// Takes out a blob that is complete; nil when its content does not have its name.
    mutating func take(_ name: Hash) -> Frame? {
        let bytes = parts.removeValue(forKey: name) ?? []
        return Hash.ofBlob(bytes) == name ? Frame(bytes) : nil
    }

    /// Forgets what has come of a blob.
    mutating func drop(_ name: Hash) { parts[name] = nil }
}

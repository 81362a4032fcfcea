import Glibc

/// Bytes that are overwritten when they are let go of, such as the text of a secret key.
package final class ErasedBytes {
    /// The bytes. A copy that somebody keeps is not overwritten.
    package private(set) var content: [UInt8]

    /// Takes bytes over.
    package init(_ content: consuming [UInt8]) { self.content = content }

    /// Joins parts, with no copy between them and the whole.
    package init(joining parts: [ArraySlice<UInt8>]) {
        content = []
        content.reserveCapacity(parts.map(\.count).reduce(0, +))
        for part in parts { content += part }
    }

    deinit {
        content.withUnsafeMutableBytes { bytes in
            if let start = bytes.baseAddress { explicit_bzero(start, bytes.count) }
        }
    }
}

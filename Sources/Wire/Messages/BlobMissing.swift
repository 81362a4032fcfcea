import CProtobuf
package import Tensors

/// The sender does not have a blob.
package struct BlobMissing: Hashable, Sendable {
    /// The blob's name.
    package var name: Hash

    /// A blob that is not there.
    package init(name: Hash) { self.name = name }
}

extension BlobMissing: Packable {
    static func initialise(_ cell: UnsafeMutablePointer<Troupe__BlobMissing>) { troupe__blob_missing__init(cell) }

    func write(to cell: inout Troupe__BlobMissing, in arena: inout Arena) throws(WireError) {
        cell.name = arena.data(name)
    }

    init(reading cell: Troupe__BlobMissing) throws(WireError) { name = try read(cell.name, "name") }
}

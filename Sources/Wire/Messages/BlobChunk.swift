import CProtobuf
package import Tensors

/// A piece of a blob.
///
/// Frames: one, the piece's bytes; none of them beyond `total`, and at least one unless the blob is empty.
package struct BlobChunk: Hashable, Sendable {
    /// The blob's name.
    package var name: Hash
    /// Where the piece begins.
    package var offset: Int
    /// Bytes of the whole blob, at most 2^40.
    package var total: Int

    /// A piece's place.
    package init(name: Hash, offset: Int, total: Int) {
        self.name = name
        self.offset = offset
        self.total = total
    }
}

extension BlobChunk: Packable {
    static func initialise(_ cell: UnsafeMutablePointer<Troupe__BlobChunk>) { troupe__blob_chunk__init(cell) }

    func write(to cell: inout Troupe__BlobChunk, in arena: inout Arena) throws(WireError) {
        cell.name = arena.data(name)
        cell.offset = try arena.number(offset, named: "offset")
        cell.total = try arena.number(total, named: "total")
    }

    init(reading cell: Troupe__BlobChunk) throws(WireError) {
        name = try read(cell.name, "name")
        total = try read(cell.total, "total", in: 0...WireLimits.blob)
        offset = try read(cell.offset, "offset", in: 0...total)
    }
}

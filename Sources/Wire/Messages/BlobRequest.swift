import CProtobuf
package import Tensors

/// Please send a piece of a blob. Answered by `BlobChunk` or `BlobMissing`.
package struct BlobRequest: Hashable, Sendable {
    /// The blob's name.
    package var name: Hash
    /// Where the piece begins.
    package var offset: Int
    /// How long it may be, 1 to 262,144 bytes; the answer is shorter where the blob ends.
    package var length: Int

    /// A request for one piece.
    package init(name: Hash, offset: Int, length: Int = WireLimits.frame) {
        self.name = name
        self.offset = offset
        self.length = length
    }
}

extension BlobRequest: Packable {
    static func initialise(_ cell: UnsafeMutablePointer<Troupe__BlobRequest>) { troupe__blob_request__init(cell) }

    func write(to cell: inout Troupe__BlobRequest, in arena: inout Arena) throws(WireError) {
        cell.name = arena.data(name)
        cell.offset = try arena.number(offset, named: "offset")
        cell.length = try arena.number(length, named: "length")
    }

    init(reading cell: Troupe__BlobRequest) throws(WireError) {
        name = try read(cell.name, "name")
        offset = try read(cell.offset, "offset", in: 0...WireLimits.blob)
        length = try read(cell.length, "length", in: 1...WireLimits.frame)
    }
}

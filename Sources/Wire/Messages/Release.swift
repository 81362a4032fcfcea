import CProtobuf
package import Tensors

/// Blobs that a worker need no longer keep. Names that it does not know are ignored.
package struct Release: Hashable, Sendable {
    /// The blobs' names, at most 1024.
    package var names: [Hash]

    /// Blobs to forget.
    package init(names: [Hash]) { self.names = names }
}

extension Release: Packable {
    static func initialise(_ cell: UnsafeMutablePointer<Troupe__Release>) { troupe__release__init(cell) }

    func write(to cell: inout Troupe__Release, in arena: inout Arena) throws(WireError) {
        cell.n_names = names.count
        cell.names = arena.data(names)
    }

    init(reading cell: Troupe__Release) throws(WireError) {
        names = try read(cell.n_names, cell.names, "names", atMost: WireLimits.released)
    }
}

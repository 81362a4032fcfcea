package import Tensors
package import Wire

/// Blobs on their way here, from any number of sources: which pieces to ask for, and what has come.
///
/// A value: it neither sends nor stores. A blob's pieces are asked for in order, a few ahead of those that have come, so
/// that the one who asks decides how many bytes are under way.
package struct Transfers<Source: Hashable & Sendable>: Sendable {
    /// Pieces of one blob that are asked for before the first of them has come.
    package static var window: Int { 4 }

    /// What became of a piece.
    package enum Outcome: Sendable {
        /// There is more to come; ask for these pieces.
        case more([BlobRequest])
        /// All of the blob has come.
        case complete([UInt8])
        /// It is not what was asked for. The transfer is over.
        case damaged(String)
        /// Nobody waits for it.
        case unexpected
    }

    private struct Transfer {
        let source: Source
        let byteCount: Int
        var asked = 0
        var bytes: [UInt8] = []
    }

    private var transfers: [Hash: Transfer] = [:]

    /// No transfers.
    package init() {}

    /// The blobs that are on their way.
    package var names: [Hash] { transfers.keys.sorted() }

    /// Whether a blob is on its way.
    package func contains(_ name: Hash) -> Bool { transfers[name] != nil }

    /// Begins to get a blob, unless it is on its way already; one from another source is given up.
    ///
    /// - Returns: the first pieces to ask for.
    package mutating func begin(_ name: Hash, of byteCount: Int, from source: Source) -> [BlobRequest] {
        guard transfers[name]?.source != source else { return [] }
        transfers[name] = Transfer(source: source, byteCount: byteCount)
        return next(name)
    }

    /// Takes a piece.
    package mutating func receive(_ chunk: BlobChunk, _ frame: Frame, from source: Source) -> Outcome {
        guard let transfer = transfers[chunk.name], transfer.source == source else { return .unexpected }
        guard chunk.total == transfer.byteCount, chunk.offset == transfer.bytes.count else {
            transfers[chunk.name] = nil
            return .damaged(
                "byte \(chunk.offset) of \(chunk.total) came instead of byte \(transfer.bytes.count) of \(transfer.byteCount)"
            )
        }
        frame.withBytes { transfers[chunk.name]?.bytes.append(contentsOf: $0) }
        guard let bytes = transfers[chunk.name]?.bytes, bytes.count >= transfer.byteCount else {
            return .more(next(chunk.name))
        }
        transfers[chunk.name] = nil
        guard Hash.ofBlob(bytes) == chunk.name else { return .damaged("its content does not have its name") }
        return .complete(bytes)
    }

    /// A blob is not where it was asked for.
    ///
    /// - Returns: whether it was on its way from there.
    @discardableResult
    package mutating func giveUp(_ name: Hash, from source: Source) -> Bool {
        guard transfers[name]?.source == source else { return false }
        transfers[name] = nil
        return true
    }

    /// A source is gone.
    ///
    /// - Returns: the blobs that were on their way from there.
    @discardableResult
    package mutating func giveUpAll(from source: Source) -> [Hash] {
        let names = transfers.filter { $0.value.source == source }.keys.sorted()
        for name in names { transfers[name] = nil }
        return names
    }

    private mutating func next(_ name: Hash) -> [BlobRequest] {
        guard var transfer = transfers[name] else { return [] }
        var requests: [BlobRequest] = []
        // An empty blob has one empty piece.
        while transfer.asked < max(transfer.byteCount, 1),
            transfer.asked < transfer.bytes.count + Self.window * WireLimits.frame
        {
            requests.append(BlobRequest(name: name, offset: transfer.asked))
            transfer.asked += WireLimits.frame
        }
        transfers[name] = transfer
        return requests
    }
}

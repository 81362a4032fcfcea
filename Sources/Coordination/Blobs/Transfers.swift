package import Tensors
package import Wire

/// Blobs on their way here, from any number of sources: which pieces to ask for, and how much has come.
///
/// A value: it neither sends nor keeps bytes. A blob's pieces are asked for in order, a few ahead of those that have come, so
/// that the one who asks decides how many bytes are under way. When a source is gone, what came from it stays, and the
/// next one is asked for the rest only; whether the whole is what its name says is seen at its end, and if it is not,
/// the last source must send all of it.
package struct Transfers<Source: Hashable & Sendable>: Sendable {
    /// Pieces of one blob that are asked for before the first of them has come.
    package static var window: Int { 4 }
    /// Blobs of which a part is kept while nobody sends the rest.
    package static var mostInterrupted: Int { 8 }

    /// What became of a piece.
    package enum Outcome: Hashable, Sendable {
        /// It is the next one. There is more to come; ask for these pieces.
        case more([BlobRequest])
        /// It is the last one.
        case complete
        /// It is not what was asked for. The transfer is over, and what had come is of no use.
        case damaged(String)
        /// Nobody waits for it.
        case unexpected
    }

    private struct Transfer {
        /// Who sends it; nil while it is interrupted.
        var source: Source?
        let byteCount: Int
        var asked = 0
        var received = 0
        /// What came from others than the source.
        var inherited = 0
    }

    private var transfers: [Hash: Transfer] = [:]
    private var interrupted: [Hash] = []

    /// No transfers.
    package init() {}

    /// The blobs that are on their way.
    package var names: [Hash] { transfers.filter { $0.value.source != nil }.keys.sorted() }

    /// Whether a blob is on its way.
    package func contains(_ name: Hash) -> Bool { transfers[name]?.source != nil }

    /// Bytes of a blob that have come.
    package func received(_ name: Hash) -> Int { transfers[name]?.received ?? 0 }

    /// Begins to get a blob, or goes on where another source ended, unless it is on its way from this one already.
    ///
    /// - Returns: the first pieces to ask for.
    package mutating func begin(_ name: Hash, of byteCount: Int, from source: Source) -> [BlobRequest] {
        guard transfers[name]?.source != source else { return [] }
        var transfer = transfers[name] ?? Transfer(byteCount: byteCount)
        if transfer.byteCount != byteCount { transfer = Transfer(byteCount: byteCount) }
        transfer.source = source
        transfer.asked = transfer.received
        transfer.inherited = transfer.received
        transfers[name] = transfer
        interrupted.removeAll { $0 == name }
        return next(name)
    }

    /// Takes a piece of so many bytes. Those that are expected come in order.
    package mutating func receive(_ chunk: BlobChunk, _ byteCount: Int, from source: Source) -> Outcome {
        guard let transfer = transfers[chunk.name], transfer.source == source else { return .unexpected }
        guard chunk.total == transfer.byteCount, chunk.offset == transfer.received else {
            transfers[chunk.name] = nil
            return .damaged(
                "byte \(chunk.offset) of \(chunk.total) came instead of byte \(transfer.received) of \(transfer.byteCount)"
            )
        }
        transfers[chunk.name]?.received += byteCount
        guard transfer.received + byteCount >= transfer.byteCount else { return .more(next(chunk.name)) }
        return .complete
    }

    /// All of a blob has come, and was looked at.
    ///
    /// - Parameters:
    ///   - name: The blob.
    ///   - isSound: Whether it has its name.
    /// - Returns: who sent it, and the pieces to ask for when that one must send all of it again; empty when it is over.
    package mutating func close(_ name: Hash, isSound: Bool) -> (source: Source, again: [BlobRequest])? {
        guard let transfer = transfers.removeValue(forKey: name), let source = transfer.source else { return nil }
        guard !isSound, transfer.inherited > 0 else { return (source, []) }
        return (source, begin(name, of: transfer.byteCount, from: source))
    }

    /// A blob is not where it was asked for. What came of it is kept for the next source, as far as there is room.
    ///
    /// - Returns: whether it was on its way from there, and the blobs of which nothing is kept any more.
    @discardableResult
    package mutating func giveUp(_ name: Hash, from source: Source) -> (wasOnItsWay: Bool, dropped: [Hash]) {
        guard let transfer = transfers[name], transfer.source == source else { return (false, []) }
        guard transfer.received > 0, transfer.received < transfer.byteCount else {
            transfers[name] = nil
            return (true, [name])
        }
        transfers[name]?.source = nil
        interrupted.append(name)
        guard interrupted.count > Self.mostInterrupted else { return (true, []) }
        let oldest = interrupted.removeFirst()
        transfers[oldest] = nil
        return (true, [oldest])
    }

    /// A source is gone.
    ///
    /// - Returns: the blobs that were on their way from there, and those of which nothing is kept any more.
    @discardableResult
    package mutating func giveUpAll(from source: Source) -> (names: [Hash], dropped: [Hash]) {
        let names = transfers.filter { $0.value.source == source }.keys.sorted()
        return (names, names.flatMap { giveUp($0, from: source).dropped })
    }

    /// Nobody wants a blob any more.
    package mutating func forget(_ name: Hash) {
        transfers[name] = nil
        interrupted.removeAll { $0 == name }
    }

    private mutating func next(_ name: Hash) -> [BlobRequest] {
        guard var transfer = transfers[name] else { return [] }
        var requests: [BlobRequest] = []
        // An empty blob has one empty piece.
        while transfer.asked < max(transfer.byteCount, 1),
            transfer.asked < transfer.received + Self.window * WireLimits.frame
        {
            requests.append(BlobRequest(name: name, offset: transfer.asked))
            transfer.asked += WireLimits.frame
        }
        transfers[name] = transfer
        return requests
    }
}

package import Tensors
package import Wire

/// How a worker gets blobs and hands them out, over a connection of its own. A value: events and the time go in, actions come
/// out.
///
/// The connection is made when it is first of use to a session, and ends with the session. One that breaks before is made
/// again; then the rest of each blob is asked for.
package struct Supply: Sendable {
    /// Something that happened.
    package enum Event: Sendable {
        /// The session needs a data connection.
        case opened(DataHello, isNearby: Bool)
        /// The session is over.
        case closed
        /// A connection stands, for the first time or again.
        case connected
        /// The connection is gone.
        case disconnected
        /// The connection stands, but does not take any more.
        case clogged
        /// A blob is needed.
        case wanted(Hash, byteCount: Int)
        /// The coordinator said something over the data connection, with a frame of so many bytes.
        case received(Message, byteCount: Int)
        /// A blob that was put together has its name, or not.
        case assembled(Hash, isSound: Bool)
        /// Time has passed.
        case tick
    }

    /// Something to do.
    package enum Action: Hashable, Sendable {
        /// Make a data connection, in place of one that there is.
        case connect
        /// End the data connection.
        case disconnect
        /// Tell the coordinator something, over the data connection.
        case send(Message)
        /// Send a piece of a blob, or say that it is missing.
        case answer(BlobRequest)
        /// Keep the piece of a blob that came.
        case keepPiece(Hash)
        /// Put a blob together from its pieces, keep it if it has its name, and tell whether it does.
        case assemble(Hash)
        /// Forget the pieces of a blob that have come.
        case dropPieces(Hash)
        /// A blob is here.
        case fetched(Hash)
        /// A blob cannot be had.
        case unfetchable(Hash, String)
    }

    /// There is one source.
    enum Coordinators { case ours }

    private(set) var transfers = Transfers<Coordinators>()
    /// By what a connection proves to which session it belongs; nil when there is none to be made.
    private var greeting: DataHello?
    private var isNearby = false
    private var actions: [Action] = []

    /// Nothing is needed yet.
    package init() {}

    /// Takes note of something, and says what is to be done about it, in order.
    package mutating func handle(_ event: Event, at now: Instant) -> [Action] {
        actions.removeAll(keepingCapacity: true)
        switch event {
        case .opened(let greeting, let isNearby):
            self.greeting = greeting
            self.isNearby = isNearby
            actions.append(.connect)
        case .closed:
            if greeting != nil { actions.append(.disconnect) }
            greeting = nil
            // What has come is kept: in the next session the rest is asked for.
            drop(transfers.giveUpAll(from: .ours).dropped)
        case .connected:
            guard let greeting else { break }
            actions.append(.send(.dataHello(greeting)))
            self.greeting?.number += 1
            transfers.open(.ours, isNearby: isNearby, at: now)
        case .disconnected: transfers.shut(.ours)
        case .clogged:
            guard greeting != nil else { break }
            transfers.shut(.ours)
            actions.append(.connect)
        case .wanted(let blob, let byteCount): transfers.begin(blob, of: byteCount, from: .ours, at: now)
        case .received(let message, let byteCount): receive(message, byteCount, now)
        case .assembled(let blob, let isSound): close(blob, isSound: isSound, now)
        case .tick:
            for (blob, _) in transfers.overdue(at: now) {
                drop(transfers.giveUp(blob, from: .ours).dropped)
                let patience = Transfers<Coordinators>.patience
                fail(blob, "nothing of blob \(blob.short) has come from the coordinator for \(patience)")
            }
        }
        for (_, request) in transfers.requests(at: now) { actions.append(.send(.blobRequest(request))) }
        return actions
    }

    private mutating func receive(_ message: Message, _ byteCount: Int, _ now: Instant) {
        switch message {
        case .blobRequest(let request): actions.append(.answer(request))
        case .blobChunk(let chunk):
            switch transfers.receive(chunk, byteCount, from: .ours, at: now) {
            case .more: actions.append(.keepPiece(chunk.name))
            case .complete: actions += [.keepPiece(chunk.name), .assemble(chunk.name)]
            case .damaged(let reason):
                actions.append(.dropPieces(chunk.name))
                fail(chunk.name, "blob \(chunk.name.short) is damaged: \(reason)")
            case .unexpected: break
            }
        case .blobMissing(let missing):
            let end = transfers.miss(missing.name, from: .ours, at: now)
            guard end.wasOnItsWay else { return }
            transfers.forget(missing.name)
            drop(end.dropped + [missing.name])
            fail(missing.name, "the coordinator does not have blob \(missing.name.short)")
        // What is wrong with the session, its own connection tells.
        default: break
        }
    }

    private mutating func close(_ blob: Hash, isSound: Bool, _ now: Instant) {
        let end = transfers.close(blob, isSound: isSound, at: now)
        if isSound {
            actions.append(.fetched(blob))
        } else if end?.mustSendAgain != true {
            fail(blob, "blob \(blob.short) is damaged: its content does not have its name")
        }
    }

    private mutating func fail(_ blob: Hash, _ reason: String) { actions.append(.unfetchable(blob, reason)) }

    private mutating func drop(_ blobs: [Hash]) { for blob in blobs { actions.append(.dropPieces(blob)) } }
}

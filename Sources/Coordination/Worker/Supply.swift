package import Tensors
package import Wire

/// How a worker gets blobs and hands them out, over a connection of its own. A value: events and the time go in, actions come
/// out.
///
/// The connection is made when it is first of use to a session, and ends with the session. One that breaks before is made
/// again; then the rest of each blob is asked for. A large blob is asked for only when no other worker of the host does so.
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
        /// This was seen of a blob that was looked for.
        case looked(Hash, HostFetches.Sight)
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
        /// Look for a blob where the workers of the host place theirs, keep it if it is there, else mark it, and tell what was
        /// seen.
        case look(HostFetches.Look)
        /// Show by the marks of blobs that it goes on.
        case show([Hash], steps: Int)
        /// Take away the marks of blobs.
        case unmark([Hash])
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
    private let smallestShared: Int
    private var hostFetches = HostFetches()
    private var actions: [Action] = []

    /// Nothing is needed yet.
    ///
    /// - Parameter smallestShared: Bytes of a blob from which on it is looked for on the host before it is asked for.
    package init(smallestShared: Int = HostBlobs.smallest) { self.smallestShared = smallestShared }

    /// When to tell it at the latest that time has passed; nil when a beat is soon enough.
    package var nextLook: Instant? { hostFetches.nextLook }
    /// The blobs that another worker of the host is to bring.
    var awaited: Set<Hash> { hostFetches.awaited }

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
            let marked = hostFetches.giveUpAll()
            if !marked.isEmpty { actions.append(.unmark(marked)) }
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
        case .wanted(let blob, let byteCount):
            if byteCount < smallestShared {
                transfers.begin(blob, of: byteCount, from: .ours, at: now)
            } else if let look = hostFetches.want(blob, byteCount: byteCount, at: now) {
                actions.append(.look(look))
            }
        case .looked(let blob, let sight): see(sight, of: blob, now)
        case .received(let message, let byteCount): receive(message, byteCount, now)
        case .assembled(let blob, let isSound): close(blob, isSound: isSound, now)
        case .tick:
            for (blob, _) in transfers.overdue(at: now) {
                drop(transfers.giveUp(blob, from: .ours).dropped)
                let patience = Transfers<Coordinators>.patience
                fail(blob, "nothing of blob \(blob.short) has come from the coordinator for \(patience)")
            }
            for look in hostFetches.looks(at: now) { actions.append(.look(look)) }
        }
        for (_, request) in transfers.requests(at: now) { actions.append(.send(.blobRequest(request))) }
        return actions
    }

    private mutating func see(_ sight: HostFetches.Sight, of blob: Hash, _ now: Instant) {
        switch hostFetches.see(sight, of: blob, at: now) {
        case .take:
            // A part may have come before.
            if transfers.received(blob) > 0 { drop([blob]) }
            transfers.forget(blob)
            actions.append(.fetched(blob))
        case .fetch(let byteCount): transfers.begin(blob, of: byteCount, from: .ours, at: now)
        case .look(let look): actions.append(.look(look))
        case .wait: break
        case .unmark: actions.append(.unmark([blob]))
        }
    }

    private mutating func receive(_ message: Message, _ byteCount: Int, _ now: Instant) {
        switch message {
        case .blobRequest(let request): actions.append(.answer(request))
        case .blobChunk(let chunk):
            let outcome = transfers.receive(chunk, byteCount, from: .ours, at: now)
            if outcome == .more || outcome == .complete, let shown = hostFetches.receive(byteCount, at: now) {
                actions.append(.show(shown.blobs, steps: shown.steps))
            }
            switch outcome {
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
            // In a new session it may be looked for once more.
            hostFetches.stopWaiting(for: blob)
            unmark(blob)
            actions.append(.fetched(blob))
        } else if end?.mustSendAgain != true {
            fail(blob, "blob \(blob.short) is damaged: its content does not have its name")
        }
    }

    private mutating func fail(_ blob: Hash, _ reason: String) {
        unmark(blob)
        actions.append(.unfetchable(blob, reason))
    }

    private mutating func unmark(_ blob: Hash) { if hostFetches.end(blob) { actions.append(.unmark([blob])) } }

    private mutating func drop(_ blobs: [Hash]) { for blob in blobs { actions.append(.dropPieces(blob)) } }
}

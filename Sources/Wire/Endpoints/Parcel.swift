/// A message and the raw frames that belong to it.
package struct Parcel: Hashable, Sendable {
    /// What the envelope holds.
    package var message: Message
    /// The raw frames, as many and as long as the message announces.
    package var frames: [Frame]

    /// A message with its frames.
    package init(_ message: Message, frames: [Frame] = []) {
        self.message = message
        self.frames = frames
    }

    /// Checks the frames against the message.
    ///
    /// - Throws: `WireError.frames`, or another one that tells the limit.
    package func check() throws(WireError) { try message.check(frameSizes: frames.lazy.map(\.count)) }
}

/// What became of a parcel that was to be sent.
package enum Delivery: Hashable, Sendable {
    /// It is on its way, or waits for its turn. Only an answer proves that it arrived.
    case underWay
    /// There is no connection to this peer, or the peer is ignored. Nothing was sent.
    case unreachable
}

extension Socket {
    /// Sends parcels that were checked, without waiting: all of it or nothing, since later parts share the fate of the
    /// first. A router needs to be told to whom.
    func send(_ load: Outbox.Load, to peer: PeerID? = nil) throws(SocketError) -> Outcome {
        if let peer {
            let outcome = try sendFirst(peer.address, more: true)
            guard outcome == .sent else { return outcome }
        }
        let outcome = try sendFirst(MessageCell(load.envelope), more: !load.frames.isEmpty)
        guard outcome == .sent else { return outcome }
        for (index, frame) in load.frames.enumerated() {
            _ = try send(MessageCell.holding(frame), more: index + 1 < load.frames.count)
        }
        return .sent
    }

    /// The library may not have looked yet at what its threads have done; so a refusal counts only when it is repeated.
    private func sendFirst(_ cell: borrowing MessageCell, more: Bool) throws(SocketError) -> Outcome {
        let outcome = try send(cell, more: more)
        guard outcome != .sent else { return outcome }
        refresh()
        return try send(cell, more: more)
    }

    /// Takes the frames that follow an envelope. Those beyond the limit are let go one by one, and only counted.
    func receiveFrames(after envelope: borrowing MessageCell) throws(SocketError) -> (frames: [Frame], count: Int) {
        var frames: [Frame] = []
        var count = 0
        var hasMore = envelope.hasMore
        while hasMore {
            let part = MessageCell()
            guard try receive(into: part) else { break }
            hasMore = part.hasMore
            count += 1
            if count <= WireLimits.frames { frames.append(Frame(receivedIn: part)) }
        }
        return (frames, count)
    }

    /// Lets go the frames that follow an envelope.
    func skipFrames(after envelope: borrowing MessageCell) throws(SocketError) {
        var hasMore = envelope.hasMore
        while hasMore {
            let part = MessageCell()
            hasMore = try receive(into: part) && part.hasMore
        }
    }
}

extension Parcel {
    /// Decodes what came together: a parcel, or several in order. An error ends it, for what follows cannot be told apart.
    ///
    /// They are decoded one after the other, so that many take no more memory than the largest.
    ///
    /// - Parameters:
    ///   - envelope: The packed envelope.
    ///   - frames: Those that followed it, as far as they are allowed.
    ///   - count: How many followed it.
    ///   - body: Takes each of them, and returns whether it takes more.
    /// - Returns: how many it took, at least 1.
    static func decode(
        _ envelope: UnsafeRawBufferPointer,
        _ frames: [Frame],
        count: Int,
        _ body: (Result<Parcel, WireError>) -> Bool
    ) -> Int {
        var taken = 0
        do throws(WireError) {
            guard count <= WireLimits.frames else { throw .tooMany("the frames", limit: WireLimits.frames) }
            if let envelopes = try Bundle.envelopes(in: envelope) {
                try unbundle(envelopes, frames) { parcel in
                    taken += 1
                    return body(.success(parcel))
                }
            } else {
                let parcel = Parcel(try Message(decoding: envelope), frames: frames)
                try parcel.check()
                taken += 1
                _ = body(.success(parcel))
            }
        } catch {
            taken += 1
            _ = body(.failure(error))
        }
        return taken
    }

    private static func unbundle(
        _ envelopes: [UnsafeRawBufferPointer],
        _ frames: [Frame],
        _ body: (Parcel) -> Bool
    ) throws(WireError) {
        guard frames.count <= 1 else { throw .frames(of: "bundle", "are \(frames.count) instead of 1 at most") }
        let byteCount = frames.first?.count ?? 0
        guard byteCount <= WireLimits.frame else {
            throw .tooLarge("the frame of bundle", bytes: byteCount, limit: WireLimits.frame)
        }
        var place = 0
        for (index, envelope) in envelopes.enumerated() {
            let message: Message
            do throws(WireError) {
                message = try Message(decoding: envelope)
            } catch {
                throw error.inside("bundle.envelopes[\(index)]")
            }
            guard message.tellsFrameSizes else { throw .frames(of: message.kind, "do not fit a bundle") }
            var own: [Frame] = []
            try message.forEachFrame { (size) throws(WireError) in
                guard let size, let frame = frames.first, size <= byteCount - place else {
                    throw .frames(of: message.kind, "are not all in its bundle")
                }
                own.append(frame.copy(place..<place + size))
                place += size
            }
            let parcel = Parcel(message, frames: own)
            try parcel.check()
            guard body(parcel) else { return }
        }
        guard place == byteCount else {
            throw .frames(of: "bundle", "have \(byteCount - place) bytes that belong to no message")
        }
    }
}

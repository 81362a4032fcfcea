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
    package func check() throws(WireError) { try message.check(frameSizes: frames.map(\.count)) }
}

/// What became of a parcel that was to be sent.
package enum Delivery: Hashable, Sendable {
    /// It is on its way, or waits for its turn. Only an answer proves that it arrived.
    case underWay
    /// There is no connection to this peer, or the peer is ignored. Nothing was sent.
    case unreachable
}

extension Socket {
    /// Sends a parcel that was checked, without waiting: all of it or nothing, since later parts share the fate of the
    /// first. A router needs to be told to whom.
    func send(
        _ envelope: borrowing MessageCell,
        _ frames: [Frame],
        to peer: PeerID? = nil
    ) throws(SocketError) -> Outcome {
        if let peer {
            let address = MessageCell(byteCount: peer.routingID.count) {
                $0?.copyMemory(from: peer.routingID, byteCount: peer.routingID.count)
            }
            let outcome = try sendFirst(address, more: true)
            guard outcome == .sent else { return outcome }
        }
        let outcome = try sendFirst(envelope, more: !frames.isEmpty)
        guard outcome == .sent else { return outcome }
        for (index, frame) in frames.enumerated() {
            _ = try send(MessageCell.holding(frame), more: index + 1 < frames.count)
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

    /// Takes the frames that follow an envelope, and decodes it.
    ///
    /// Frames beyond the limit are let go one by one.
    func receiveParcel(after envelope: borrowing MessageCell) throws(SocketError) -> Result<Parcel, WireError> {
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
        do throws(WireError) {
            guard count <= WireLimits.frames else { throw .tooMany("the frames", limit: WireLimits.frames) }
            let parcel = Parcel(try Message(decoding: envelope.bytes), frames: frames)
            try parcel.check()
            return .success(parcel)
        } catch {
            return .failure(error)
        }
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

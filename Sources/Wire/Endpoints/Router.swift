/// The listening side: one socket, any number of peers.
///
/// It lives on a loop. It is made anywhere, and then only used on the loop's thread, most simply as a property of an
/// actor whose executor is the loop; `Loop` shows how. Nothing here ever waits.
package final class Router {
    private struct Peer {
        var address: String?
        var connection: Int32?
        var faults = 0
        var isIgnored = false
        var outbox = Outbox()
    }

    /// How many messages are taken before other work of the loop has its turn.
    private static let messagesPerTurn = 64
    /// When to try again to send to a peer whose buffer was full.
    private static let retryPause = Duration.milliseconds(2)

    private let loop: Loop
    private let transport: Transport
    private let settings: SocketSettings
    private var socket: Socket?
    private var monitor: ConnectionMonitor?
    private var handler: ((RouterEvent) -> Void)?

    private var peers: [PeerID: Peer] = [:]
    private var connections: [Int32: PeerID] = [:]
    private var ended: [PeerID] = []
    private var announcements: [RouterEvent] = []
    private var waiting: Set<PeerID> = []
    private var retry: Alarm?

    /// A router that does not listen yet.
    package init(
        on loop: Loop,
        in transport: Transport,
        settings: SocketSettings = SocketSettings()
    ) throws(SocketError) {
        self.loop = loop
        self.transport = transport
        self.settings = settings
        socket = try Socket.open(.router, in: transport, settings)
    }

    /// Begins to tell what happens. From here on the loop keeps this object, and it keeps the handler, until `close`.
    ///
    /// - Parameter handler: Called on the loop's thread; it may send, bind and close.
    /// - Throws: `SocketError` when the system has no room for it.
    package func open(_ handler: @escaping (RouterEvent) -> Void) throws(SocketError) {
        loop.checkIsolated()
        guard self.handler == nil, let socket = socket.take() else { return }
        let monitor = try ConnectionMonitor(of: socket, in: transport)
        self.handler = handler
        loop.watch(socket.handle) { [self] in pump() }
        loop.watch(monitor.handle) { [self] in pump() }
        self.socket = consume socket
        self.monitor = consume monitor
    }

    /// Listens. A router may listen at several addresses.
    ///
    /// - Returns: the address with what the system chose, such as the port.
    /// - Throws: `SocketError.addressInUse` and others that say what to do.
    @discardableResult
    package func bind(to address: Address) throws(SocketError) -> Address {
        loop.checkIsolated()
        guard let bound = try socket?.bind(to: address) else { throw .failed("Cannot listen on \(address)", 0) }
        return bound
    }

    /// Sends to a peer. What does not fit the peer's buffer waits here; when too much waits, the peer is dropped.
    ///
    /// - Throws: `WireError` when the parcel breaks a limit or its frames are not those that the message announces.
    @discardableResult
    package func send(_ parcel: Parcel, to peer: PeerID) throws(WireError) -> Delivery {
        loop.checkIsolated()
        try parcel.check()
        let envelope = try parcel.message.packed()
        guard let known = peers[peer], !known.isIgnored, socket != nil else { return .unreachable }
        if known.outbox.isEmpty {
            switch transmit(envelope, parcel.frames, to: peer) {
            case .sent: return .underWay
            case .unreachable: return .unreachable
            case .full: break
            }
        }
        return hold(parcel, for: peer)
    }

    /// Sends a message without frames.
    @discardableResult
    package func send(_ message: Message, to peer: PeerID) throws(WireError) -> Delivery {
        try send(Parcel(message), to: peer)
    }

    /// Where a peer is, for logs: an IP address, or user and process of this machine; nil over `inproc://`.
    package func address(of peer: PeerID) -> String? { peers[peer]?.address }

    /// Ignores a peer from now on, without a word and without an event.
    package func ignore(_ peer: PeerID) {
        loop.checkIsolated()
        peers[peer]?.isIgnored = true
        peers[peer]?.outbox = Outbox()
        waiting.remove(peer)
    }

    /// Closes the socket. What was handed to it is still sent, for as long as it may linger. No event follows.
    package func close() {
        loop.checkIsolated()
        handler = nil
        if let retry { loop.cancel(retry) }
        retry = nil
        guard let socket = socket.take() else { return }
        loop.unwatch(socket.handle)
        if let monitor = monitor.take() {
            loop.unwatch(monitor.handle)
            monitor.stop(socket)
        }
        peers = [:]
    }

    // MARK: Sending

    private func transmit(_ envelope: borrowing MessageCell, _ frames: [Frame], to peer: PeerID) -> Socket.Outcome {
        do {
            let outcome = try socket?.send(envelope, frames, to: peer) ?? .unreachable
            if outcome == .unreachable {
                ended.append(peer)
                announce()
            }
            return outcome
        } catch {
            announce(.failed(error))
            return .unreachable
        }
    }

    private func hold(_ parcel: Parcel, for peer: PeerID) -> Delivery {
        peers[peer]?.outbox.append(parcel)
        let byteCount = peers[peer]?.outbox.byteCount ?? 0
        guard byteCount <= settings.queueBytes else {
            drop(peer, because: .slow(waitingBytes: byteCount))
            return .unreachable
        }
        waiting.insert(peer)
        retryLater()
        return .underWay
    }

    private func retryLater() {
        guard retry == nil else { return }
        retry = loop.alarm(at: .now.advanced(by: Self.retryPause)) { [self] in
            retry = nil
            for peer in waiting { sendWaiting(to: peer) }
            if !waiting.isEmpty { retryLater() }
        }
    }

    private func sendWaiting(to peer: PeerID) {
        while let parcel = peers[peer]?.outbox.first {
            // It was packed before, when it was accepted.
            guard let envelope = try? parcel.message.packed() else { break }
            switch transmit(envelope, parcel.frames, to: peer) {
            case .sent: peers[peer]?.outbox.removeFirst()
            case .full: return
            case .unreachable:
                peers[peer]?.outbox = Outbox()
            }
        }
        waiting.remove(peer)
    }

    // MARK: Receiving

    /// - Returns: whether more may be waiting.
    private func pump() -> Bool {
        do {
            try noteConnections()
            for _ in 0..<Self.messagesPerTurn {
                guard let (peer, result) = try receive() else {
                    // Only now has everything been delivered that the ended connections had sent.
                    tellAnnouncements()
                    return false
                }
                try handle(result, from: peer)
            }
            return true
        } catch {
            handler?(.failed(error))
            return false
        }
    }

    private func receive() throws(SocketError) -> (PeerID, Result<Parcel, WireError>)? {
        let address = MessageCell()
        guard try socket?.receive(into: address) == true else { return nil }
        let peer = PeerID(routingID: Array(address.bytes))
        let envelope = MessageCell()
        guard address.hasMore, try socket?.receive(into: envelope) == true else {
            return (peer, .failure(.field("", "is missing")))
        }
        let result = try socket?.receiveParcel(after: envelope)
        if peers[peer] == nil { try meet(peer, envelope.connection, envelope.peerAddress) }
        return (peer, result ?? .failure(.field("", "is missing")))
    }

    /// Descriptors are used again. What the monitor knows by now tells which of them ended before this peer came.
    private func meet(_ peer: PeerID, _ connection: Int32?, _ address: String?) throws(SocketError) {
        try noteConnections()
        peers[peer] = Peer(address: address, connection: connection)
        if let connection { connections[connection] = peer }
    }

    private func noteConnections() throws(SocketError) {
        while let event = try monitor?.next() {
            guard case .ended(let descriptor) = event, let peer = connections.removeValue(forKey: descriptor) else {
                continue
            }
            ended.append(peer)
        }
    }

    private func handle(_ result: Result<Parcel, WireError>, from peer: PeerID) throws(SocketError) {
        guard peers[peer]?.isIgnored == false else { return }
        switch result {
        case .success(let parcel) where !peer.isChosen: handler?(.received(parcel, from: peer))
        case .success: fault(.chosenRoutingID, by: peer)
        case .failure(let error): fault(error, by: peer)
        }
    }

    private func fault(_ error: WireError, by peer: PeerID) {
        peers[peer]?.faults += 1
        _ = try? send(.refused(error.refusal), to: peer)
        handler?(.faulted(peer, error))
        let faults = peers[peer]?.faults ?? 0
        if faults >= settings.faults || peer.isChosen { drop(peer, because: .faults(faults)) }
    }

    // MARK: Telling

    private func drop(_ peer: PeerID, because reason: DropReason) {
        ignore(peer)
        announce(.dropped(peer, because: reason))
    }

    /// Tells the owner soon, but not while the owner is in the middle of a call of its own.
    private func announce(_ event: RouterEvent? = nil) {
        if let event { announcements.append(event) }
        loop.alarm(at: .now) { [self] in if pump() { announce() } }
    }

    private func tellAnnouncements() {
        while !announcements.isEmpty { handler?(announcements.removeFirst()) }
        while !ended.isEmpty {
            let peer = ended.removeFirst()
            waiting.remove(peer)
            guard let known = peers.removeValue(forKey: peer) else { continue }
            if let connection = known.connection, connections[connection] == peer { connections[connection] = nil }
            handler?(.disconnected(peer))
        }
    }
}

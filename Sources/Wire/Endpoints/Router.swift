import CZeroMQ
import Glibc

/// The listening side: one socket, any number of peers.
///
/// It lives on a loop. It is made anywhere, and then only used on the loop's thread, most simply as a property of an
/// actor whose executor is the loop; `Loop` shows how. Nothing here ever waits.
package final class Router {
    final class Peer {
        let address: String?
        let connection: Int32?
        var faults = 0
        /// Who it is, where there are keys.
        let key: PublicKey?
        var isIgnored = false
        /// Whether nothing can be sent to it any more, though its end is not told yet.
        var isUnreachable = false
        var isReachable: Bool { !isIgnored && !isUnreachable }
        /// The number of the last message that came from it.
        var lastMessage = 0
        var outbox = Outbox()

        init(address: String?, connection: Int32?, key: PublicKey?) {
            self.address = address
            self.connection = connection
            self.key = key
        }
    }

    /// How many messages are taken before other work of the loop has its turn.
    private static let messagesPerTurn = 64
    /// When to try again to send to a peer whose buffer was full.
    private static let retryPause = Duration.milliseconds(1)
    /// How long after the end of a connection the last that came through it may still be on its way: the library tells of
    /// the end before it hands over what it read in the same breath.
    private static let settling = Duration.milliseconds(2)

    /// How long a peer that is sent away has to read why.
    private static let farewell = Duration.milliseconds(200)

    let loop: Loop
    private let transport: Transport
    let settings: SocketSettings
    private let isLocked: Bool
    private var doorkeeper: Doorkeeper?
    private var allowList = AllowList()
    /// Is called before somebody with an unknown key is turned away, so that the owner can `allow` those who were added to its
    /// list since. Until the router is closed.
    package var lookForKeys: (() -> Void)?
    var visitors: Visitors<Connection>
    var visitorAlarm: Alarm?
    var intake: Intake
    var intakeAlarm: Alarm?
    /// Why the connection did not come about whose end is told next.
    var fault: ConnectionMonitor.Fault?
    private var socket: Socket?
    /// The files at which it listens. The library leaves them.
    private var socketFiles: [String] = []
    var monitor: ConnectionMonitor?
    /// Whether the monitor has something to tell.
    private var hasNews = false
    private var handler: ((RouterEvent) -> Void)?

    var peers: [PeerID: Peer] = [:]
    var descriptors = Descriptors()
    /// The peers whose connection is over, which is not told yet; when that was, and how many messages had come by then.
    private var ended: [(peer: PeerID, since: Instant, messageCount: Int)] = []
    private var messageCount = 0
    var announcements: [RouterEvent] = []
    /// Those whose buffer is full.
    private var waiting: Set<PeerID> = []
    /// Those to whom something is to be sent at the end of this turn.
    private var fresh: [PeerID] = []
    private var retry: Alarm?
    private var settlement: Alarm?

    /// A router that does not listen yet.
    ///
    /// With a key, by which it proves itself, everything is encrypted, and only those come in whom `allow` names, at first
    /// nobody. Without one everybody may come, in clear text.
    ///
    /// - Throws: `SocketError` when the system has no room for it, or the library cannot encrypt.
    package init(
        on loop: Loop,
        in transport: Transport,
        settings: SocketSettings = SocketSettings(),
        key: SecretKey? = nil
    ) throws(SocketError) {
        self.loop = loop
        self.transport = transport
        self.settings = settings
        isLocked = key != nil
        visitors = Visitors(patience: settings.introduction)
        intake = Intake(bufferBytes: settings.bufferBytes)
        let socket = try Socket.open(.router, in: transport, settings)
        if let key { try socket.serve(with: key) }
        self.socket = consume socket
    }

    /// Begins to tell what happens. From here on the loop keeps this object, and it keeps the handler, until `close`.
    ///
    /// - Parameter handler: Called on the loop's thread; it may send, bind and close.
    /// - Throws: `SocketError` when the system has no room for it.
    package func open(_ handler: @escaping (RouterEvent) -> Void) throws(SocketError) {
        loop.checkIsolated()
        guard self.handler == nil, let socket = socket.take() else { return }
        let monitor = try ConnectionMonitor(of: socket, in: transport)
        if isLocked {
            let doorkeeper = try Doorkeeper(on: loop, in: transport) { [weak self] verdict, address in
                guard case .unlisted(let key) = verdict else { return }
                self?.announce(.turnedAway(.unlistedKey(key), from: address))
            }
            doorkeeper.list = allowList
            doorkeeper.look = { [weak self] in self?.lookForKeys?() }
            self.doorkeeper = doorkeeper
        }
        self.handler = handler
        loop.watch(socket.handle, sends: true) { [self] in pump() }
        loop.watch(monitor.handle, sends: false) { [self] in
            hasNews = true
            return pump()
        }
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
        guard let bound = try socket?.bind(to: address) else { throw .failed("Cannot listen on \(address)", ENOTSOCK) }
        if case .ipc(let path) = bound { socketFiles.append(path) }
        return bound
    }

    /// Sends to a peer, at the end of this turn of the loop at the latest: what is small goes together. What does not fit the
    /// peer's buffer waits here; when too much waits, the peer is dropped.
    ///
    /// - Throws: `WireError` when the parcel breaks a limit or its frames are not those that the message announces.
    @discardableResult
    package func send(_ parcel: Parcel, to peer: PeerID) throws(WireError) -> Delivery {
        loop.checkIsolated()
        try parcel.check()
        let envelope = try parcel.message.encoded()
        guard let known = peers[peer], known.isReachable, socket != nil else { return .unreachable }
        let wasEmpty = known.outbox.isEmpty
        known.outbox.append(parcel, packed: envelope)
        if waiting.isEmpty || !waiting.contains(peer) {
            if known.outbox.isLoad {
                sendWaiting(to: peer)
                guard known.isReachable else { return .unreachable }
            } else if wasEmpty {
                sendLater(to: peer)
            }
        }
        let byteCount = known.outbox.byteCount
        guard byteCount <= settings.queueBytes else {
            drop(peer, because: .slow(waitingBytes: byteCount))
            return .unreachable
        }
        return .underWay
    }

    /// Sends a message without frames.
    @discardableResult
    package func send(_ message: Message, to peer: PeerID) throws(WireError) -> Delivery {
        try send(Parcel(message), to: peer)
    }

    /// Where a peer is, for logs: an IP address, or user and process of this machine; nil over `inproc://`.
    package func address(of peer: PeerID) -> String? { peers[peer]?.address }

    /// After how long without an answer the system sends again what is for a peer, by what it has measured of the way; nil when
    /// it does not tell, as over `ipc://`.
    package func resendPause(of peer: PeerID) -> Duration? {
        guard let connection = peers[peer]?.connection else { return nil }
        return visitors[connection]?.resendPause
    }

    /// Says who may take part from now on, in place of what was said before. Whoever is connected by another key is told so,
    /// dropped, and its connection ended. Means nothing to a router without a key.
    package func allow(_ list: AllowList) {
        loop.checkIsolated()
        allowList = list
        doorkeeper?.list = list
        guard isLocked else { return }
        let revoked = peers.filter { !$1.isIgnored && !admits($1.key) }.keys
        for peer in revoked.sorted(by: { $0.routingID.lexicographicallyPrecedes($1.routingID) }) { revoke(peer) }
    }

    /// Lets a peer stay; those who are not admitted are sent away after a while, if the settings say so.
    package func admit(_ peer: PeerID) {
        loop.checkIsolated()
        if let connection = peers[peer]?.connection { visitors.admit(connection) }
    }

    /// Who a peer is, proven by its key; nil without keys.
    package func key(of peer: PeerID) -> PublicKey? { peers[peer]?.key }

    /// Ignores a peer from now on, without a word and without an event.
    package func ignore(_ peer: PeerID) {
        loop.checkIsolated()
        // What was said before is still said.
        if !waiting.contains(peer) { sendWaiting(to: peer) }
        peers[peer]?.isIgnored = true
        peers[peer]?.outbox = Outbox()
        waiting.remove(peer)
    }

    /// Ignores a peer from now on, without an event, and ends its connection once it may have read what was said to it.
    package func expel(_ peer: PeerID) { expel(peer, after: Self.farewell) }

    func expel(_ peer: PeerID, after farewell: Duration) {
        ignore(peer)
        guard let connection = peers[peer]?.connection, let visitor = visitors[connection] else { return }
        loop.alarm(at: .now.advanced(by: farewell)) { visitor.cut() }
    }

    /// Closes the socket. What was handed to it is still sent, for as long as it may linger. No event follows.
    package func close() {
        loop.checkIsolated()
        sendFresh()
        handler = nil
        for alarm in [retry, settlement, visitorAlarm, intakeAlarm] { if let alarm { loop.cancel(alarm) } }
        (retry, settlement, visitorAlarm, intakeAlarm) = (nil, nil, nil, nil)
        lookForKeys = nil
        doorkeeper?.close()
        doorkeeper = nil
        guard let socket = socket.take() else { return }
        // As long as somebody listens there, nobody else does.
        for path in socketFiles { unlink(path) }
        loop.unwatch(socket.handle)
        if let monitor = monitor.take() {
            loop.unwatch(monitor.handle)
            monitor.stop(socket)
        }
        peers = [:]
        descriptors = Descriptors()
        ended = []
        announcements = []
        waiting = []
    }

    // MARK: Sending

    private func sendLater(to peer: PeerID) {
        fresh.append(peer)
        if fresh.count == 1 { loop.atEndOfTurn { [self] in sendFresh() } }
    }

    private func sendFresh() {
        let peers = fresh
        fresh.removeAll(keepingCapacity: true)
        for peer in peers where !waiting.contains(peer) { sendWaiting(to: peer) }
    }

    private func transmit(_ load: Outbox.Load, to peer: PeerID) -> Socket.Outcome {
        do {
            let outcome = try socket?.send(load, to: peer) ?? .unreachable
            if outcome == .unreachable {
                peers[peer]?.isUnreachable = true
                end(peer)
                announce()
            }
            return outcome
        } catch {
            announce(.failed(error))
            return .unreachable
        }
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
        guard let known = peers[peer] else {
            waiting.remove(peer)
            return
        }
        while let load = known.outbox.load() {
            switch transmit(load, to: peer) {
            case .sent: known.outbox.removeFirst(load.count)
            case .full:
                waiting.insert(peer)
                return retryLater()
            case .unreachable: known.outbox = Outbox()
            }
        }
        waiting.remove(peer)
    }

    // MARK: Receiving

    /// - Returns: whether more may be waiting.
    private func pump() -> Bool {
        do {
            // Each look costs calls of the system, so only when there is something to see.
            if hasNews {
                hasNews = false
                try noteConnections()
            }
            var count = 0
            while count < Self.messagesPerTurn {
                guard let some = try receive() else {
                    // Only now has everything been delivered that the ended connections had sent.
                    tell(isDrained: true)
                    return false
                }
                count += some
            }
            tell(isDrained: false)
            return true
        } catch {
            handler?(.failed(error))
            return false
        }
    }

    /// Takes one message of the library.
    ///
    /// - Returns: how much work it was, in messages of ours; nil when there was none.
    private func receive() throws(SocketError) -> Int? {
        let address = MessageCell()
        guard try socket?.receive(into: address) == true else { return nil }
        let peer = PeerID(routingID: address.bytes)
        let envelope = MessageCell()
        guard address.hasMore, try socket?.receive(into: envelope) == true else { return 1 }
        messageCount += 1
        if peers[peer] == nil { try meet(peer, envelope) }
        guard let known = peers[peer] else { return 1 }
        known.lastMessage = messageCount
        if known.isIgnored {
            try socket?.skipFrames(after: envelope)
            return 1
        }
        guard let (frames, count) = try socket?.receiveFrames(after: envelope) else { return 1 }
        return Parcel.decode(envelope.bytes, frames, count: count) { result in
            handle(result, from: peer)
            return !known.isIgnored
        }
    }

    /// Descriptors are used again. What the monitor knows by now tells which connections ended before this peer came,
    /// and whether its own is over already: it may have come, spoken and gone while nobody looked.
    private func meet(_ peer: PeerID, _ envelope: borrowing MessageCell) throws(SocketError) {
        try noteConnections()
        let connection = envelope.connection
        peers[peer] = Peer(address: envelope.peerAddress, connection: connection, key: envelope.sender)
        if let connection {
            let (isCrowded, isOver) = descriptors.meet(peer, at: connection)
            if isCrowded {
                let reason = TurnedAway.crowded(limit: settings.connections ?? 0)
                _ = try? send(.refused(Refused(.full, reason.description)), to: peer)
                ignore(peer)
            }
            if isOver { end(peer) }
        }
        // The list may have changed between its introduction and its first word.
        if isLocked, !admits(peers[peer]?.key) { revoke(peer) }
    }

    private func admits(_ key: PublicKey?) -> Bool { key.map(allowList.admits) ?? false }

    private func revoke(_ peer: PeerID) {
        let sentence =
            "its key is not authorized any more. `troupe keys authorize`, on the coordinator's machine, lets it in again."
        _ = try? send(.refused(Refused(.notAdmitted, sentence)), to: peer)
        drop(peer, because: .revoked)
        expel(peer)
    }

    func end(_ peer: PeerID) { ended.append((peer, .now, messageCount)) }

    private func handle(_ result: Result<Parcel, WireError>, from peer: PeerID) {
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

    func drop(_ peer: PeerID, because reason: DropReason) {
        ignore(peer)
        announce(.dropped(peer, because: reason))
    }

    /// Tells the owner soon, but not while the owner is in the middle of a call of its own.
    func announce(_ event: RouterEvent? = nil) {
        if let event { announcements.append(event) }
        loop.alarm(at: .now) { [self] in if pump() { announce() } }
    }

    /// - Parameter isDrained: Whether nothing is left to be received.
    private func tell(isDrained: Bool) {
        while !announcements.isEmpty { handler?(announcements.removeFirst()) }
        let now = Instant.now
        while let index = ended.firstIndex(where: { end in
            (isDrained && end.since.advanced(by: Self.settling) <= now)
                || hasBeenPassedOver(end.peer, since: end.messageCount)
        }) {
            let peer = ended.remove(at: index).peer
            waiting.remove(peer)
            guard let known = peers.removeValue(forKey: peer) else { continue }
            if let connection = known.connection { descriptors.forget(peer, at: connection) }
            handler?(.disconnected(peer))
        }
        guard let next = ended.first, settlement == nil else { return }
        settlement = loop.alarm(at: next.since.advanced(by: Self.settling)) { [self] in
            settlement = nil
            if pump() { announce() }
        }
    }

    /// Whether a peer's turn has come so often without a message that none can be left, though others go on and on.
    ///
    /// The library takes one message after the other from those who have some. Twice, since a round may skip someone when
    /// a connection ends.
    private func hasBeenPassedOver(_ peer: PeerID, since end: Int) -> Bool {
        messageCount - max(end, peers[peer]?.lastMessage ?? 0) > 2 * peers.count + Self.messagesPerTurn
    }
}

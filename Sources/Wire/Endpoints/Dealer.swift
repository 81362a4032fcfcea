/// The connecting side: one socket, one router at the other end, reconnected by itself.
///
/// It lives on a loop as a `Router` does: made anywhere, then only used on the loop's thread.
package final class Dealer {
    /// How many messages are taken before other work of the loop has its turn.
    private static let messagesPerTurn = 64
    /// When to try again to send while the buffer is full.
    private static let retryPause = Duration.milliseconds(1)

    private let loop: Loop
    private let transport: Transport
    private let settings: SocketSettings
    private let keys: ClientKeys?
    private var socket: Socket?
    private var monitor: ConnectionMonitor?
    /// What was reached, until it ends.
    private var connection: Connection?
    /// Whether the monitor has something to tell.
    private var hasNews = false
    private var handler: ((DealerEvent) -> Void)?

    /// Whether a connection stands, as far as the owner was told.
    package private(set) var isConnected = false
    private var faults = 0
    private var isIgnoring = false
    private var outbox = Outbox()
    private var announcements: [DealerEvent] = []
    private var retry: Alarm?
    /// Whether what waits is sent at the end of this turn.
    private var sendsLater = false
    /// Whether something that was to be sent over this connection is lost.
    private var hasLost = false
    /// The number of the socket, of all that there were.
    private var socketCount = 0
    private var backoff = Backoff(lot: .random(in: 0...(.max)))
    /// Whether the router has said anything over this connection.
    private var hasAnswer = false
    private var address: Address?
    /// When it connects again, where the library was not left to do it.
    private var comeback: Alarm?

    /// A dealer that is not connected yet.
    ///
    /// Keys are what it proves itself by, and whom it wants to reach; without them it talks in clear text.
    package init(
        on loop: Loop,
        in transport: Transport,
        settings: SocketSettings = SocketSettings(),
        keys: ClientKeys? = nil
    ) {
        self.loop = loop
        self.transport = transport
        self.settings = settings
        self.keys = keys
    }

    /// Begins to tell what happens. From here on the loop keeps this object, and it keeps the handler, until `close`.
    ///
    /// - Parameter handler: Called on the loop's thread; it may send, connect again and close.
    package func open(_ handler: @escaping (DealerEvent) -> Void) {
        loop.checkIsolated()
        self.handler = handler
    }

    /// Connects, with a new socket: a connection that stands is torn down first, without an event, and the other side is told
    /// so at once, even if it hears and is not heard. Returns at once; `connected` tells when a connection stands.
    ///
    /// - Throws: `SocketError.incomplete` when the address leaves something open.
    package func connect(to address: Address) throws(SocketError) {
        loop.checkIsolated()
        closeSocket(tearingDown: true)
        let socket = try Socket.open(.dealer, in: transport, settings)
        if let keys { try socket.call(keys.server, with: keys.secret) }
        let monitor = try ConnectionMonitor(of: socket, in: transport)
        try socket.connect(to: address)
        loop.watch(socket.handle, sends: true) { [self] in pump() }
        loop.watch(monitor.handle, sends: false) { [self] in
            hasNews = true
            return pump()
        }
        self.socket = consume socket
        self.monitor = consume monitor
        self.address = address
        if case .inproc = address { announce(.connected) }
    }

    /// Sends to the router, at the end of this turn of the loop at the latest: what is small goes together. What does not fit
    /// the buffer waits here, up to a limit.
    ///
    /// - Returns: `unreachable` when no connection stands, or too much waits already; the parcel is not kept then.
    /// - Throws: `WireError` when the parcel breaks a limit or its frames are not those that the message announces.
    @discardableResult
    package func send(_ parcel: Parcel) throws(WireError) -> Delivery {
        loop.checkIsolated()
        try parcel.check()
        let envelope = try parcel.message.encoded()
        guard isConnected, !hasLost, outbox.byteCount <= settings.queueBytes else { return .unreachable }
        outbox.append(parcel, packed: envelope)
        guard retry == nil else { return .underWay }
        if outbox.isLoad { sendWaiting() } else { sendLater() }
        return hasLost ? .unreachable : .underWay
    }

    /// Sends a message without frames.
    @discardableResult
    package func send(_ message: Message) throws(WireError) -> Delivery { try send(Parcel(message)) }

    /// Gives up the connection, without an event, until `connect`.
    package func disconnect() {
        loop.checkIsolated()
        closeSocket()
    }

    /// Closes the socket. What was handed to it is still sent, for as long as it may linger. No event follows.
    package func close() {
        loop.checkIsolated()
        handler = nil
        closeSocket()
    }

    private func closeSocket(tearingDown: Bool = false) {
        if tearingDown {
            connection?.resetAtClose()
        } else if retry == nil {
            sendWaiting()
        }
        socketCount += 1
        forgetConnection()
        announcements = []
        connection = nil
        if let comeback { loop.cancel(comeback) }
        comeback = nil
        guard let socket = socket.take() else { return }
        if tearingDown { socket.discardAtClose() }
        loop.unwatch(socket.handle)
        if let monitor = monitor.take() {
            loop.unwatch(monitor.handle)
            monitor.stop(socket)
        }
    }

    private func forgetConnection() {
        isConnected = false
        isIgnoring = false
        hasLost = false
        faults = 0
        outbox = Outbox()
        if let retry { loop.cancel(retry) }
        retry = nil
    }

    /// Keeps away for a while after connections that were of no use.
    private func backOff() {
        guard let pause = backoff.fail(), let address else { return }
        closeSocket()
        comeback = loop.alarm(at: .now.advanced(by: pause)) { [self] in
            do throws(SocketError) { try connect(to: address) } catch { handler?(.failed(error)) }
        }
    }

    // MARK: Sending

    private func sendLater() {
        guard !sendsLater else { return }
        sendsLater = true
        loop.atEndOfTurn { [self] in
            sendsLater = false
            if retry == nil { sendWaiting() }
        }
    }

    private func transmit(_ load: Outbox.Load) -> Socket.Outcome {
        do {
            return try socket?.send(load) ?? .unreachable
        } catch {
            announce(.failed(error))
            return .unreachable
        }
    }

    private func retryLater() {
        guard retry == nil else { return }
        retry = loop.alarm(at: .now.advanced(by: Self.retryPause)) { [self] in
            retry = nil
            sendWaiting()
        }
    }

    private func sendWaiting() {
        while let load = outbox.load() {
            switch transmit(load) {
            case .sent: outbox.removeFirst(load.count)
            case .full: return retryLater()
            case .unreachable:
                outbox = Outbox()
                hasLost = true
            }
        }
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
                let envelope = MessageCell()
                guard try socket?.receive(into: envelope) == true else {
                    // Only now has everything been delivered that an ended connection had brought.
                    tellAnnouncements()
                    return false
                }
                if isIgnoring {
                    try socket?.skipFrames(after: envelope)
                    count += 1
                    continue
                }
                let number = socketCount
                guard let (frames, frameCount) = try socket?.receiveFrames(after: envelope) else { return false }
                count += Parcel.decode(envelope.bytes, frames, count: frameCount) { result in
                    handle(result)
                    return !isIgnoring && socketCount == number
                }
            }
            return true
        } catch {
            handler?(.failed(error))
            return false
        }
    }

    private func noteConnections() throws(SocketError) {
        while let event = try monitor?.next() {
            switch event {
            case .reached(let descriptor): connection = Connection(descriptor: descriptor)
            case .established: announcements.append(.connected)
            case .accepted: break
            case .ended:
                connection = nil
                announcements.append(.disconnected)
            case .failed(let reason): announcements.append(.rejected(Rejection(reason)))
            }
        }
    }

    private func handle(_ result: Result<Parcel, WireError>) {
        switch result {
        case .success(let parcel):
            noteAnswer(parcel.message)
            handler?(.received(parcel))
        case .failure(let error):
            faults += 1
            _ = try? send(.refused(error.refusal))
            handler?(.faulted(error))
            guard faults >= settings.faults else { return }
            isIgnoring = true
            handler?(.dropped(.faults(faults)))
        }
    }

    private func noteAnswer(_ message: Message) {
        // Where there is no room it may stay or be sent away; to come again at once is in vain.
        if case .refused(let refused) = message, refused.code == .full { return }
        hasAnswer = true
        backoff.succeed()
    }

    // MARK: Telling

    /// Tells the owner soon, but not while the owner is in the middle of a call of its own.
    private func announce(_ event: DealerEvent? = nil) {
        if let event { announcements.append(event) }
        loop.alarm(at: .now) { [self] in if pump() { announce() } }
    }

    private func tellAnnouncements() {
        while !announcements.isEmpty {
            let event = announcements.removeFirst()
            switch event {
            case .connected:
                forgetConnection()
                isConnected = true
                hasAnswer = false
            case .disconnected:
                // A connection that never stood is not worth a word.
                guard isConnected else { continue }
                forgetConnection()
                if !hasAnswer { backOff() }
            case .rejected(.closed), .rejected(.reset): backOff()
            default: break
            }
            handler?(event)
        }
    }
}

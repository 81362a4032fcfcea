/// A router for code that is not on its loop: a stream of events, and calls to await.
package actor RouterService {
    /// The thread of the socket, on which this actor runs.
    package nonisolated let loop: Loop
    /// The loop.
    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    /// Everything that happens, in order; it ends with `close`. One task reads it.
    package nonisolated let events: AsyncStream<RouterEvent>
    private let source: AsyncStream<RouterEvent>.Continuation
    private let router: Router

    /// A router that does not listen yet.
    package init(
        on loop: Loop,
        in transport: Transport,
        settings: SocketSettings = SocketSettings(),
        key: SecretKey? = nil
    ) throws(SocketError) {
        self.loop = loop
        (events, source) = AsyncStream.makeStream(of: RouterEvent.self)
        router = try Router(on: loop, in: transport, settings: settings, key: key)
    }

    /// Says who may take part; see `Router.allow`.
    package func allow(_ list: AllowList) { router.allow(list) }

    /// Lets a peer stay; see `Router.admit`.
    package func admit(_ peer: PeerID) { router.admit(peer) }

    /// Who a peer is; see `Router.key`.
    package func key(of peer: PeerID) -> PublicKey? { router.key(of: peer) }

    /// After how long the system sends again what is for a peer; see `Router.resendPause`.
    package func resendPause(of peer: PeerID) -> Duration? { router.resendPause(of: peer) }

    /// Listens, and tells from now on what happens.
    ///
    /// - Returns: the address with what the system chose, such as the port.
    @discardableResult
    package func bind(to address: Address) throws(SocketError) -> Address {
        try router.open { [source] in source.yield($0) }
        return try router.bind(to: address)
    }

    /// Sends to a peer; see `Router.send`.
    @discardableResult
    package func send(_ parcel: Parcel, to peer: PeerID) throws(WireError) -> Delivery {
        try router.send(parcel, to: peer)
    }

    /// Closes the socket and ends the stream.
    package func close() {
        router.close()
        source.finish()
    }
}

/// A dealer for code that is not on its loop: a stream of events, and calls to await.
package actor DealerService {
    /// The thread of the socket, on which this actor runs.
    package nonisolated let loop: Loop
    /// The loop.
    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    /// Everything that happens, in order; it ends with `close`. One task reads it.
    package nonisolated let events: AsyncStream<DealerEvent>
    private let source: AsyncStream<DealerEvent>.Continuation
    private let dealer: Dealer

    /// A dealer that is not connected yet.
    package init(
        on loop: Loop,
        in transport: Transport,
        settings: SocketSettings = SocketSettings(),
        keys: ClientKeys? = nil
    ) {
        self.loop = loop
        (events, source) = AsyncStream.makeStream(of: DealerEvent.self)
        dealer = Dealer(on: loop, in: transport, settings: settings, keys: keys)
    }

    /// Begins to connect, and tells from now on what happens; see `Dealer.connect`.
    package func connect(to address: Address) throws(SocketError) {
        dealer.open { [source] in source.yield($0) }
        try dealer.connect(to: address)
    }

    /// Sends to the router; see `Dealer.send`.
    @discardableResult
    package func send(_ parcel: Parcel) throws(WireError) -> Delivery { try dealer.send(parcel) }

    /// Closes the socket and ends the stream.
    package func close() {
        dealer.close()
        source.finish()
    }
}

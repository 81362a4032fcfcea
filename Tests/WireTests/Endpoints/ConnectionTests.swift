import Dispatch
import Glibc
import Synchronization
import Tensors
import TestSupport
import Testing

@testable import Wire

@Suite("Connections that come and go", .timeLimit(.minutes(1)))
struct ConnectionTests {
    private static func request(_ number: Int) -> Parcel {
        Parcel(.blobRequest(BlobRequest(name: Sample.hash(1), offset: number)))
    }

    @Test("a peer's end is told once, after everything that it had sent", arguments: [Place.ipc, .tcp])
    func vanishing(place: Place) async throws {
        var gathering = try await Gathering(at: place)
        // No more than the library buffers for a peer: what it has not read by then it drops when the connection ends.
        let count = 40
        for round in 0..<20 {
            var guest = try await gathering.dealer()
            #expect(await guest.next() == .connected)
            for number in 0..<count { try await guest.dealer.send(Self.request(number)) }
            await guest.dealer.close()
            var peer: PeerID?
            for number in 0..<count {
                let (parcel, sender) = try await gathering.received()
                #expect(parcel == Self.request(number), "round \(round)")
                #expect(peer == nil || sender == peer, "round \(round)")
                peer = sender
            }
            let gone = try #require(peer)
            #expect(await gathering.next() == .disconnected(gone), "round \(round)")
            #expect(try await gathering.router.send(Self.request(0), to: gone) == .unreachable)
        }
        await gathering.router.close()
        #expect(await gathering.next() == nil)
    }

    @Test("over inproc a peer's end is told when something is sent to it")
    func vanishingInside() async throws {
        var gathering = try await Gathering(at: .inproc)
        var guest = try await gathering.dealer()
        #expect(await guest.next() == .connected)
        try await guest.dealer.send(Self.request(1))
        let peer = try await gathering.received().peer
        await guest.dealer.close()
        while try await gathering.router.send(Self.request(2), to: peer) == .underWay { await Task.yield() }
        #expect(await gathering.next() == .disconnected(peer))
        await gathering.router.close()
        #expect(await gathering.next() == nil)
    }

    /// An end waits behind what was sent and not acknowledged, so it does not arrive where only the way back is cut.
    @Test("who connects anew tears down the connection that stands; who closes ends it")
    func tearingDown() async throws {
        var gathering = try await Gathering(at: .tcp)
        for isAnew in [true, false] {
            let tap = try Tap(to: gathering.address)
            var guest = try await gathering.dealer(to: tap.address)
            #expect(await guest.next() == .connected)
            try await guest.dealer.send(Self.request(1))
            let peer = try await gathering.received().peer
            if isAnew {
                try await guest.dealer.connect(to: gathering.address)
                #expect(await guest.next() == .connected)
            } else {
                await guest.dealer.close()
            }
            #expect(await gathering.next() == .disconnected(peer))
            while tap.isTornDown == nil { await Task.yield() }
            #expect(tap.isTornDown == isAnew)
            if isAnew {
                try await guest.dealer.send(Self.request(2))
                let second = try await gathering.received()
                #expect(second.parcel == Self.request(2) && second.peer != peer)
                await guest.dealer.close()
                #expect(await gathering.next() == .disconnected(second.peer))
            }
        }
        await gathering.router.close()
    }

    @Test(
        "a connection is torn down at once also where the other side reads nothing, however long a close might linger"
    )
    func tearingDownAmidWork() async throws {
        let isOver = Mutex(false)
        let reader = try TCPListener { caller in
            let words = Stranger.greeting + Stranger.ready("ROUTER")
            _ = Glibc.send(caller, words, words.count, Int32(MSG_NOSIGNAL))
            // Not what comes, only the end.
            var end = pollfd(fd: caller, events: 0, revents: 0)
            let isTold = poll(&end, 1, 10_000) == 1
            isOver.withLock { $0 = isTold }
            close(caller)
        }
        let gathering = try await Gathering(at: .tcp)
        var settings = SocketSettings()
        settings.linger = .seconds(30)
        var guest = try await gathering.dealer(settings: settings, to: .tcp(host: "127.0.0.1", port: reader.port))
        #expect(await guest.next() == .connected)
        let chunk = BlobChunk(name: Sample.hash(1), offset: 0, total: 1 << 20)
        for _ in 0..<150 {
            try await guest.dealer.send(
                Parcel(.blobChunk(chunk), frames: [Frame([UInt8](repeating: 7, count: 256 << 10))])
            )
        }
        try await guest.dealer.connect(to: gathering.address)
        #expect(await guest.next() == .connected)
        let deadline = Instant.now.advanced(by: .seconds(11))
        while !isOver.withLock({ $0 }), Instant.now < deadline { await Task.yield() }
        #expect(isOver.withLock { $0 })
        await guest.dealer.close()
        await gathering.router.close()
    }

    @Test("a peer that came, spoke and went while nobody looked is told of, and its end too")
    func unseen() async throws {
        var gathering = try await Gathering(at: .tcp)
        let pause = Pause(gathering.router.loop)
        for _ in 0..<10 {
            try await Self.visit(gathering.address)
        }
        pause.end()
        var peers: Set<PeerID> = []
        var ended: Set<PeerID> = []
        while ended.count < 10 {
            switch await gathering.next() {
            case .received(let parcel, let peer):
                #expect(parcel == Parcel(.drain) && !ended.contains(peer))
                peers.insert(peer)
            case .disconnected(let peer):
                #expect(peers.contains(peer))
                ended.insert(peer)
            case let other: throw Meeting.Unexpected(event: String(describing: other))
            }
        }
        #expect(peers.count == 10)
        await gathering.router.close()
        #expect(await gathering.next() == nil)
    }

    @Test("who stays is not taken for a visitor that had the same descriptor before")
    func descriptors() async throws {
        var gathering = try await Gathering(at: .tcp)
        for round in 0..<20 {
            let pause = Pause(gathering.router.loop)
            if round.isMultiple(of: 2) { try await Self.visit(gathering.address) }
            // Its descriptor is, most likely, the visitor's.
            let resident = try Stranger(to: gathering.address)
            #expect(await resident.enter())
            await resident.send(Stranger.frame([34, 0]))
            pause.end()

            var ended: Set<PeerID> = []
            var stays: PeerID?
            var visitor: PeerID?
            while stays == nil || (round.isMultiple(of: 2) && visitor == nil) {
                switch await gathering.next() {
                case .received(Parcel(.heartbeat(Heartbeat(session: 0))), let peer): stays = peer
                case .received(Parcel(.drain), let peer): visitor = peer
                case .disconnected(let peer): ended.insert(peer)
                case let other: throw Meeting.Unexpected(event: String(describing: other))
                }
            }
            let peer = try #require(stays)
            #expect(!ended.contains(peer), "round \(round)")
            #expect(try await gathering.router.send(Parcel(.drain), to: peer) == .underWay, "round \(round)")
            resident.endSending()
            #expect(await resident.readToEnd())
            while !ended.contains(peer) || !(visitor.map(ended.contains) ?? true) {
                guard case .disconnected(let peer) = await gathering.next() else { break }
                #expect(ended.insert(peer).inserted, "round \(round)")
            }
            #expect(ended == Set([stays, visitor].compactMap(\.self)), "round \(round)")
        }
        await gathering.router.close()
    }

    /// A router, and on its loop a dealer that says the next word whenever one was heard: something is always left to
    /// receive.
    private actor Flooded {
        private static let word = Parcel(.heartbeat(Heartbeat(session: 7)))

        nonisolated let loop: Loop
        nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
        /// What the router tells of others.
        nonisolated let events: AsyncStream<RouterEvent>
        private let source: AsyncStream<RouterEvent>.Continuation
        private let router: Router
        private let talker: Dealer

        init(in transport: Transport) throws {
            loop = try Loop(name: "flooded")
            (events, source) = AsyncStream.makeStream(of: RouterEvent.self)
            router = try Router(on: loop, in: transport)
            talker = Dealer(on: loop, in: transport)
        }

        func start() throws -> Address {
            try router.open { [talker, source] event in
                if case .received(let parcel, _) = event, parcel == Self.word {
                    _ = try? talker.send(Self.word)
                } else {
                    source.yield(event)
                }
            }
            let inside = try router.bind(to: Place.inproc.address())
            talker.open { [talker] event in if event == .connected { _ = try? talker.send(Self.word) } }
            try talker.connect(to: inside)
            return try router.bind(to: Place.tcp.address())
        }

        func stop() {
            talker.close()
            router.close()
        }
    }

    @Test("one who never stops does not hide the end of another")
    func flood() async throws {
        let flooded = try Flooded(in: Transport())
        var events = flooded.events.makeAsyncIterator()
        let address = try await flooded.start()
        for _ in 0..<10 {
            try await Self.visit(address)
            guard case .received(Parcel(.drain), let visitor) = await events.next() else {
                Issue.record("the visitor was not heard")
                break
            }
            #expect(await events.next() == .disconnected(visitor))
        }
        await flooded.stop()
    }

    @Test("a dealer finds the next router at the same place", arguments: [Place.ipc, .tcp])
    func rebinding(place: Place) async throws {
        var settings = SocketSettings()
        settings.reconnect = .milliseconds(5)
        var gathering = try await Gathering(at: place)
        var guest = try await gathering.dealer(settings: settings)
        #expect(await guest.next() == .connected)
        try await guest.dealer.send(Self.request(1))
        let first = try await gathering.received().peer
        await gathering.router.close()
        #expect(await guest.next() == .disconnected)
        #expect(try await guest.dealer.send(Self.request(2)) == .unreachable)

        let router = try RouterService(on: Loop(name: "router"), in: gathering.transport)
        var events = router.events.makeAsyncIterator()
        #expect(try await router.bindOnceFree(to: gathering.address) == gathering.address)
        #expect(await guest.next() == .connected)
        #expect(try await router.send(Self.request(3), to: first) == .unreachable)
        #expect(try await guest.dealer.send(Self.request(4)) == .underWay)
        guard case .received(Self.request(4), let peer) = await events.next() else {
            Issue.record("the message did not come")
            return
        }
        try await router.send(Self.request(5), to: peer)
        #expect(await guest.next() == .received(Self.request(5)))
        await guest.dealer.close()
        await router.close()
    }

    @Test("a dealer that connects elsewhere forgets the first router", arguments: Place.allCases)
    func elsewhere(place: Place) async throws {
        var first = try await Gathering(at: place)
        let second = try RouterService(on: Loop(name: "second"), in: first.transport)
        var events = second.events.makeAsyncIterator()
        let address = try await second.bind(to: place.address())
        var guest = try await first.dealer()
        #expect(await guest.next() == .connected)
        try await guest.dealer.send(Self.request(1))
        #expect(try await first.received().parcel == Self.request(1))
        try await guest.dealer.connect(to: address)
        #expect(await guest.next() == .connected)
        try await guest.dealer.send(Self.request(2))
        guard case .received(Self.request(2), _) = await events.next() else {
            Issue.record("the message did not come")
            return
        }
        await guest.dealer.close()
        await first.router.close()
        await second.close()
    }

    /// Comes, says one word, and has gone when this returns.
    private static func visit(_ address: Address) async throws {
        let visitor = try Stranger(to: address)
        #expect(await visitor.enter())
        await visitor.send(Stranger.frame([42, 0]))
        visitor.endSending()
        #expect(await visitor.readToEnd())
    }
}

/// Keeps a loop from looking at its sockets.
struct Pause {
    private let semaphore = DispatchSemaphore(value: 0)

    init(_ loop: Loop) { loop.perform { [semaphore] in semaphore.wait() } }

    func end() { semaphore.signal() }
}

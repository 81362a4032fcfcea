import CZeroMQ
import Foundation
import TestSupport
import Testing

@testable import Wire

@Suite("Keys at the port", .timeLimit(.minutes(1)))
struct CurveTests {
    /// A gathering with a key, to which those may come whom its list names.
    private struct Castle {
        let secret: SecretKey
        private var gathering: Gathering
        var transport: Transport { gathering.transport }
        var router: RouterService { gathering.router }
        var address: Address { gathering.address }

        init(
            at place: Place = .tcp,
            admitting keys: [SecretKey],
            settings: SocketSettings = SocketSettings()
        ) async throws {
            secret = try SecretKey.generate()
            gathering = try await Gathering(
                at: place,
                settings: settings,
                key: secret,
                admitting: CurveTests.list(keys)
            )
        }

        mutating func next() async -> RouterEvent? { await gathering.next() }

        mutating func received() async throws -> (parcel: Parcel, peer: PeerID) { try await gathering.received() }

        /// A dealer on its way here.
        func dealer(_ keys: ClientKeys?, to address: Address? = nil) async throws -> Gathering.Guest {
            try await gathering.dealer(keys: keys, to: address)
        }

        /// A dealer with a key that expects this router.
        func dealer(with key: SecretKey) async throws -> Gathering.Guest {
            try await dealer(ClientKeys(secret: key, server: secret.publicKey))
        }
    }

    private static func list(_ keys: [SecretKey]) -> AllowList {
        AllowList(Dictionary(keys.map { ($0.publicKey, "key \($0.publicKey.short)") }) { first, _ in first })
    }

    private static func drop(_ event: RouterEvent?) -> TurnedAway? {
        guard case .turnedAway(let reason, _)? = event else { return nil }
        return reason
    }

    @Test("whoever has a listed key comes in, and is known by it", arguments: [Place.ipc, .tcp])
    func listed(place: Place) async throws {
        let keys = try [SecretKey.generate(), SecretKey.generate()]
        var castle = try await Castle(at: place, admitting: keys)
        for key in keys {
            var caller = try await castle.dealer(with: key)
            #expect(await caller.next() == .connected)
            try await caller.dealer.send(Parcel(.drain))
            let (parcel, peer) = try await castle.received()
            #expect(parcel == Parcel(.drain))
            #expect(await castle.router.key(of: peer) == key.publicKey)
            try await castle.router.send(Parcel(.drain), to: peer)
            #expect(await caller.next() == .received(Parcel(.drain)))
            await caller.dealer.close()
            #expect(await castle.next() == .disconnected(peer))
        }
        await castle.router.close()
        #expect(await castle.next() == nil)
    }

    @Test("whoever has another key, none, or expects another router does not, and both sides are told why")
    func turnedAway() async throws {
        let (listed, unlisted) = try (SecretKey.generate(), SecretKey.generate())
        var castle = try await Castle(admitting: [listed])

        var stranger = try await castle.dealer(with: unlisted)
        #expect(await stranger.next() == .rejected(.keyNotAdmitted))
        #expect(await castle.next() == .turnedAway(.unlistedKey(unlisted.publicKey), from: "127.0.0.1"))
        await stranger.dealer.close()

        var keyless = try await castle.dealer(nil)
        #expect(await keyless.next() == .rejected(.mechanism))
        #expect(Self.drop(await castle.next()) == .mechanism)
        await keyless.dealer.close()

        let other = try SecretKey.generate().publicKey
        var misled = try await castle.dealer(ClientKeys(secret: listed, server: other))
        for _ in 0..<3 {
            #expect(await misled.next() == .rejected(.closed))
            #expect(Self.drop(await castle.next()) == .cryptography)
        }
        await misled.dealer.close()
        await castle.router.close()
    }

    @Test("a dealer with keys does not talk to a router without")
    func plainRouter() async throws {
        var gathering = try await Gathering(at: .tcp)
        let keys = ClientKeys(secret: try SecretKey.generate(), server: try SecretKey.generate().publicKey)
        let dealer = try DealerService(on: Loop(name: "dealer"), in: gathering.transport, keys: keys)
        var events = dealer.events.makeAsyncIterator()
        try await dealer.connect(to: gathering.address)
        #expect(await events.next() == .rejected(.mechanism))
        #expect(Self.drop(await gathering.next()) == .mechanism)
        await dealer.close()
        await gathering.router.close()
    }

    @Test("nobody comes in while no list was given, or nobody answers for it")
    func closed() async throws {
        let key = try SecretKey.generate()
        var castle = try await Castle(admitting: [])
        var caller = try await castle.dealer(with: key)
        #expect(await caller.next() == .rejected(.keyNotAdmitted))
        #expect(Self.drop(await castle.next()) == .unlistedKey(key.publicKey))
        await caller.dealer.close()
        await castle.router.close()

        let transport = try Transport()
        let secret = try SecretKey.generate()
        let socket = try Socket.open(.router, in: transport)
        try socket.serve(with: secret)
        let address = try socket.bind(to: Place.tcp.address())
        let keys = ClientKeys(secret: key, server: secret.publicKey)
        let dealer = try DealerService(on: Loop(name: "dealer"), in: transport, keys: keys)
        var events = dealer.events.makeAsyncIterator()
        try await dealer.connect(to: address)
        for _ in 0..<3 { #expect(await events.next() == .rejected(.closed)) }
        await dealer.close()
    }

    @Test("before somebody is turned away the owner is asked whether he was added just now")
    func addedJustNow() async throws {
        let transport = try Transport()
        let (secret, key) = try (SecretKey.generate(), SecretKey.generate())
        let loop = try Loop(name: "router")
        let router = try Router(on: loop, in: transport, key: secret)
        let place = try Place.tcp.address()
        let address = try await withCheckedThrowingContinuation { (answer: CheckedContinuation<Address, any Error>) in
            let held = Held(router)
            loop.perform {
                do {
                    try held.router.open { _ in }
                    held.router.lookForKeys = { held.router.allow(Self.list([key])) }
                    answer.resume(returning: try held.router.bind(to: place))
                } catch {
                    answer.resume(throwing: error)
                }
            }
        }
        let keys = ClientKeys(secret: key, server: secret.publicKey)
        let dealer = try DealerService(on: Loop(name: "dealer"), in: transport, keys: keys)
        var events = dealer.events.makeAsyncIterator()
        try await dealer.connect(to: address)
        #expect(await events.next() == .connected)
        await dealer.close()
        let held = Held(router)
        loop.perform { held.router.close() }
    }

    /// A router that is handed to its loop, and used only there.
    private final class Held: @unchecked Sendable {
        let router: Router

        init(_ router: Router) { self.router = router }
    }

    @Test("whose key is revoked is told so and sent away at once, and others stay")
    func revoked() async throws {
        let (staying, leaving) = try (SecretKey.generate(), SecretKey.generate())
        var castle = try await Castle(admitting: [staying, leaving])
        var peers: [PeerID] = []
        var callers: [Gathering.Guest] = []
        for key in [staying, leaving] {
            var caller = try await castle.dealer(with: key)
            #expect(await caller.next() == .connected)
            try await caller.dealer.send(Parcel(.drain))
            peers.append(try await castle.received().peer)
            callers.append(caller)
        }
        await castle.router.allow(Self.list([staying]))
        guard case .received(let farewell)? = await callers[1].next(), case .refused(let refused) = farewell.message
        else {
            Issue.record("it is told why")
            return
        }
        #expect(refused.code == .notAdmitted)
        #expect(await castle.next() == .dropped(peers[1], because: .revoked))
        try await callers[1].dealer.send(Parcel(.drain))
        #expect(await callers[1].next() == .disconnected)
        #expect(await castle.next() == .disconnected(peers[1]))
        #expect(await callers[1].next() == .rejected(.keyNotAdmitted))
        #expect(Self.drop(await castle.next()) == .unlistedKey(leaving.publicKey))
        try await callers[0].dealer.send(Parcel(.drain))
        #expect(try await castle.received().peer == peers[0])
        #expect(try await castle.router.send(Parcel(.drain), to: peers[0]) == .underWay)
        #expect(await callers[0].next() == .received(Parcel(.drain)))
        for caller in callers { await caller.dealer.close() }
        await castle.router.close()
    }

    @Test("a key that is revoked before its first word is not heard")
    func revokedEarly() async throws {
        let key = try SecretKey.generate()
        var castle = try await Castle(admitting: [key])
        var caller = try await castle.dealer(with: key)
        #expect(await caller.next() == .connected)
        await castle.router.allow(AllowList())
        try await caller.dealer.send(Parcel(.drain))
        guard case .dropped(let peer, because: .revoked)? = await castle.next() else {
            Issue.record("it is dropped")
            return
        }
        await caller.dealer.close()
        #expect(await castle.next() == .disconnected(peer))
        await castle.router.close()
    }

    @Test("what a worker has said cannot be said again by somebody else, nor read")
    func replayed() async throws {
        let key = try SecretKey.generate()
        var castle = try await Castle(admitting: [key])
        let tap = try Tap(to: castle.address)
        let keys = ClientKeys(secret: key, server: castle.secret.publicKey)
        var caller = try await castle.dealer(keys, to: tap.address)
        #expect(await caller.next() == .connected)
        let word = String(repeating: "a word that nobody else shall read ", count: 4)
        let message = Message.refused(Refused(.malformed, word))
        try await caller.dealer.send(Parcel(message))
        let (parcel, peer) = try await castle.received()
        #expect(parcel == Parcel(message))
        let recording = tap.recording
        tap.end()
        #expect(await castle.next() == .disconnected(peer))
        await caller.dealer.close()
        #expect(recording.count > word.utf8.count)
        let text = String(decoding: recording, as: UTF8.self)
        #expect(!text.contains("nobody else") && !text.contains(key.publicKey.description))

        // The same bytes, at once and in pieces, as often as one likes.
        for pieces in [1, 2, 7] {
            let thief = try Stranger(to: castle.address)
            let size = recording.count / pieces + 1
            for start in stride(from: 0, to: recording.count, by: size) {
                await thief.send(recording[start..<min(start + size, recording.count)])
            }
            #expect(await thief.readToEnd())
            #expect(Self.drop(await castle.next()) != nil)
        }
        await castle.router.close()
        #expect(await castle.next() == nil)
    }

    @Test("without a key, a command that is announced as larger than the wall ends the connection before it is sent")
    func wall() async throws {
        let castle = try await Castle(admitting: [])
        for byteCount in [UInt64(1 << 20) + 1, 1 << 30, 1 << 62, .max] {
            let stranger = try Stranger(to: castle.address)
            await stranger.send(Stranger.curveGreeting)
            #expect(await stranger.read(64).count == 64)
            // A long command.
            await stranger.send([6] + Stranger.header(byteCount).dropFirst())
            #expect(await stranger.readToEnd())
        }
        await castle.router.close()
    }

    @Test("slow and silent strangers are sent away, and others are served meanwhile")
    func slowness() async throws {
        let key = try SecretKey.generate()
        var settings = SocketSettings()
        settings.handshake = .milliseconds(300)
        settings.introduction = .milliseconds(600)
        var castle = try await Castle(admitting: [key], settings: settings)
        let strangers = try (0..<200).map { _ in try Stranger(to: castle.address) }
        let slow = Task {
            // A byte at a time, for longer than anybody waits.
            for byte in Stranger.curveGreeting {
                guard await strangers[0].send([byte]) else { return }
                try? await Task.sleep(for: .milliseconds(20))
            }
        }
        for stranger in strangers[100...] { await stranger.send(Stranger.curveGreeting) }
        var caller = try await castle.dealer(with: key)
        #expect(await caller.next() == .connected)
        try await caller.dealer.send(Parcel(.drain))
        var peer: PeerID?
        while peer == nil, let event = await castle.next() {
            if case .received(Parcel(.drain), let found) = event { peer = found }
        }
        let found = try #require(peer)
        await castle.router.admit(found)
        for stranger in strangers { #expect(await stranger.readToEnd()) }
        await slow.value
        try await Task.sleep(for: .milliseconds(700))
        #expect(try await castle.router.send(Parcel(.drain), to: found) == .underWay)
        #expect(await caller.next() == .received(Parcel(.drain)))
        await caller.dealer.close()
        await castle.router.close()
    }

    @Test("a connection that is not admitted in time ends, one that is stays")
    func introduction() async throws {
        var settings = SocketSettings()
        settings.introduction = .milliseconds(1_700)
        var gathering = try await Gathering(at: .tcp, settings: settings)
        var guest = try await gathering.dealer()
        #expect(await guest.next() == .connected)
        try await guest.dealer.send(Parcel(.drain))
        let peer = try await gathering.received().peer
        await gathering.router.admit(peer)
        let silent = try Stranger(to: gathering.address)
        #expect(await silent.enter())
        #expect(await silent.readToEnd())
        #expect(Self.drop(await gathering.next()) == .silent(.milliseconds(1_700)))
        try await guest.dealer.send(Parcel(.drain))
        #expect(try await gathering.received().peer == peer)
        await guest.dealer.close()
        await gathering.router.close()
    }

    @Test("beyond the limit connections are closed at once, and those within it stay")
    func crowded() async throws {
        var settings = SocketSettings()
        settings.connections = 10
        var gathering = try await Gathering(at: .tcp, settings: settings)
        var guest = try await gathering.dealer()
        #expect(await guest.next() == .connected)
        let strangers = try (0..<40).map { _ in try Stranger(to: gathering.address) }
        var crowded = 0
        while crowded < 31, let event = await gathering.next() {
            if Self.drop(event) == .crowded(limit: 10) { crowded += 1 }
        }
        for stranger in strangers[9...] { #expect(await stranger.readToEnd()) }
        try await guest.dealer.send(Parcel(.drain))
        #expect(try await gathering.received().parcel == Parcel(.drain))
        await guest.dealer.close()
        await gathering.router.close()
    }

    @Test("thousands of idle connections cost little, and go", .enabled(if: Self.idleCount > 0))
    func idle() async throws {
        var settings = SocketSettings()
        settings.introduction = .seconds(30)
        var gathering = try await Gathering(at: .tcp, settings: settings)
        let before = Self.residentBytes
        var strangers: [Stranger] = []
        for _ in 0..<Self.idleCount {
            let stranger = try Stranger(to: gathering.address)
            await stranger.send(Stranger.greeting + Stranger.ready())
            strangers.append(stranger)
        }
        let start = ContinuousClock.now
        var guest = try await gathering.dealer()
        #expect(await guest.next() == .connected)
        let joined = ContinuousClock.now - start
        let peak = Self.residentBytes
        // They do not answer the library's heartbeats, and would not be admitted either.
        for stranger in strangers { #expect(await stranger.readToEnd()) }
        try await guest.dealer.send(Parcel(.drain))
        var isServed = false
        while !isServed, let event = await gathering.next() {
            if case .received(Parcel(.drain), _) = event { isServed = true }
        }
        #expect(isServed)
        await guest.dealer.close()
        print("\(Self.idleCount) idle: \((peak - before) / Self.idleCount) bytes each with both ends, join \(joined)")
        await gathering.router.close()
    }

    /// `TROUPE_IDLE_CONNECTIONS=5000` runs the test of so many.
    private static let idleCount =
        ProcessInfo.processInfo.environment["TROUPE_IDLE_CONNECTIONS"].flatMap { Int($0) } ?? 0

    private static var residentBytes: Int {
        let pages = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
        return (pages.flatMap { Int($0[1]) } ?? 0) * 4_096
    }
}

extension Stranger {
    /// How a connection with keys begins.
    static let curveGreeting: [UInt8] =
        [0xFF] + [UInt8](repeating: 0, count: 8) + [0x7F, 3, 0] + Array("CURVE".utf8) + [UInt8](repeating: 0, count: 47)
}

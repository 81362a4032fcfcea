import TestSupport
import Testing

@testable import Wire

@Suite("Strangers at the port", .timeLimit(.minutes(1)))
struct StrangerTests {
    @Test("garbage, other protocols and half a greeting cause nothing but faults, and others are served")
    func garbage() async throws {
        var settings = SocketSettings()
        settings.handshake = .milliseconds(200)
        var gathering = try await Gathering(at: .tcp, settings: settings)
        var words: [[UInt8]] = [
            Array("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8),
            Array("SSH-2.0-OpenSSH_9.2\r\n".utf8),
            [0x16, 3, 1, 2, 0, 1, 0, 1, 0xFC, 3, 3],
            Array(Stranger.greeting.prefix(10)),
            Array(Stranger.greeting.prefix(40)),
            Stranger.greeting,
            Stranger.greeting + Stranger.ready().prefix(9),
            // No socket of this kind may talk to a router.
            Stranger.greeting + Stranger.ready("SUB"),
            Stranger.greeting + [4, 3, 1, 2, 3],
            // An old version, whose identity is announced with 255 bytes.
            [1, 0], [255, 0],
        ]
        for seed in 0..<40 as Range<UInt64> {
            var random = Seeded(seed)
            words.append((0..<Int(1 + seed * 7)).map { _ in UInt8.random(in: 0...255, using: &random) })
        }
        var strangers: [Stranger] = []
        for word in words {
            let stranger = try Stranger(to: gathering.address)
            await stranger.send(word)
            strangers.append(stranger)
        }
        // In the midst of them all:
        var guest = try await gathering.dealer()
        #expect(await guest.next() == .connected)
        try await guest.dealer.send(Parcel(.drain))
        // Some garbage is a message in the first version of ZMTP, and its sender a peer that chose its routing id.
        var sender: PeerID?
        while sender == nil {
            switch await gathering.next() {
            case .received(Parcel(.drain), let peer): sender = peer
            case .faulted, .dropped, .disconnected, .turnedAway: break
            case let other: throw Meeting.Unexpected(event: String(describing: other))
            }
        }
        let peer = try #require(sender)
        // Each is sent away when it has broken the rules, or has taken too long.
        for (stranger, word) in zip(strangers, words) {
            stranger.endSending()
            #expect(await stranger.readToEnd(), "\(word)")
        }
        #expect(try await gathering.router.send(Parcel(.drain), to: peer) == .underWay)
        #expect(await guest.next() == .received(Parcel(.drain)))
        await guest.dealer.close()
        await gathering.router.close()
    }

    @Test("who says nothing is sent away")
    func silence() async throws {
        var settings = SocketSettings()
        settings.handshake = .milliseconds(50)
        let gathering = try await Gathering(at: .tcp, settings: settings)
        for count in [0, 1, 63] {
            let stranger = try Stranger(to: gathering.address)
            await stranger.send(Array(Stranger.greeting.prefix(count)))
            #expect(await stranger.readToEnd(), "after \(count) bytes")
        }
        await gathering.router.close()
    }

    @Test("a frame that is announced as larger than the wall ends the connection before it is sent")
    func wall() async throws {
        for byteCount in [UInt64(WireLimits.frameBytes) + 1, 1 << 31, 1 << 32, 1 << 63, .max] {
            var gathering = try await Gathering(at: .tcp)
            let stranger = try Stranger(to: gathering.address)
            #expect(await stranger.enter())
            await stranger.send(Stranger.frame([42, 0]))
            let peer = try await gathering.received().peer
            await stranger.send(Stranger.header(byteCount))
            #expect(await stranger.readToEnd())
            #expect(await gathering.next() == .disconnected(peer))
            await gathering.router.close()
        }
    }

    @Test("a message that never ends, and half a message, are not delivered")
    func unfinished() async throws {
        var gathering = try await Gathering(at: .tcp)
        let stranger = try Stranger(to: gathering.address)
        #expect(await stranger.enter())
        await stranger.send(Stranger.frame([42, 0]))
        let peer = try await gathering.received().peer
        for _ in 0..<10 { await stranger.send(Stranger.frame([42, 0], more: true)) }
        await stranger.send(Stranger.frame(Sample.bytes(100)).dropLast())
        stranger.endSending()
        #expect(await stranger.readToEnd())
        #expect(await gathering.next() == .disconnected(peer))
        await gathering.router.close()
        #expect(await gathering.next() == nil)
    }

    @Test("a connection that breaks the protocol after a message loses nothing that came before")
    func brokenLater() async throws {
        var gathering = try await Gathering(at: .tcp)
        for _ in 0..<20 {
            let stranger = try Stranger(to: gathering.address)
            #expect(await stranger.enter())
            // In the same breath, a frame that is larger than any.
            await stranger.send(Stranger.frame([42, 0]) + Stranger.header(.max))
            let (parcel, peer) = try await gathering.received()
            #expect(parcel == Parcel(.drain))
            #expect(await gathering.next() == .disconnected(peer))
            #expect(await stranger.readToEnd())
        }
        await gathering.router.close()
        #expect(await gathering.next() == nil)
    }
}

import TestSupport
import Testing

@testable import Wire

@Suite("Messages that do not end", .timeLimit(.minutes(1)))
struct IntakeTests {
    @Test("are told of exactly when a connection brings more than the limit after its last message")
    func model() {
        for seed in 0..<200 as Range<UInt64> {
            var random = Seeded(seed)
            var intake = Intake(bufferBytes: 0)
            var connections: [Int32: (bytes: Int, messages: Int, since: Int, seen: Int)] = [:]
            for _ in 0..<400 {
                let place = Int32(random.integer(0...5))
                switch random.integer(0...9) {
                case 0:
                    intake.begin(place)
                    connections[place] = (0, 0, 0, 0)
                case 1:
                    intake.end(place)
                    connections[place] = nil
                case 2..<5: connections[place]?.messages += 1
                case 5..<8: connections[place]?.bytes += random.integer(0...8 << 20)
                default:
                    let places = intake.next()
                    #expect(places.sorted() == connections.keys.sorted(), "seed \(seed)")
                    for place in places {
                        guard var known = connections[place] else { continue }
                        if known.messages != known.seen { (known.seen, known.since) = (known.messages, known.bytes) }
                        connections[place] = known
                        let kept = known.bytes - known.since
                        let told = intake.note(place, bytes: known.bytes, messages: known.messages)
                        #expect(told == (kept > 16 << 20 ? kept : nil), "seed \(seed)")
                    }
                }
            }
        }
    }

    @Test("each connection has its turn, however many there are")
    func turns() {
        var intake = Intake(bufferBytes: 0)
        let count = Int32(Intake.most * 3)
        for place in 0..<count { intake.begin(place) }
        var seen: Set<Int32> = []
        for _ in 0..<3 {
            let some = intake.next()
            #expect(some.count == Intake.most)
            seen.formUnion(some)
        }
        #expect(seen.count == Int(count))
        for place in 0..<count { intake.end(place) }
        while !intake.isEmpty { #expect(intake.next().isEmpty) }
    }

    @Test("end the connection of their sender, who is told why, and others are served", arguments: [false, true])
    func endless(speaksFirst: Bool) async throws {
        var settings = SocketSettings()
        settings.bufferBytes = 1 << 20
        var gathering = try await Gathering(at: .tcp, settings: settings)
        var guest = try await gathering.dealer()
        #expect(await guest.next() == .connected)
        let stranger = try Stranger(to: gathering.address)
        #expect(await stranger.enter())
        var peer: PeerID?
        if speaksFirst {
            await stranger.send(Stranger.frame([42, 0]))
            peer = try await gathering.received().peer
        }
        let part = Stranger.frame([UInt8](repeating: 0, count: 1 << 20), more: true)
        var count = 0
        while count < 4_096, await stranger.send(part) { count += 1 }
        #expect(count < 4_096, "it was taken without end")
        #expect(count >= 16, "it was cut too early")
        let event = await gathering.next()
        switch event {
        case .dropped(let dropped, because: .endless(let bytes)):
            #expect(dropped == peer && bytes > 17 << 20)
            #expect(await gathering.next() == .disconnected(dropped))
        case .turnedAway(.endless(let bytes), _): #expect(!speaksFirst && bytes > 17 << 20)
        default: Issue.record("\(String(describing: event))")
        }
        try await guest.dealer.send(Parcel(.drain))
        #expect(try await gathering.received().parcel == Parcel(.drain))
        await guest.dealer.close()
        await gathering.router.close()
    }

    @Test("are not confused with many messages for which a router has no time")
    func busy() async throws {
        var settings = SocketSettings()
        settings.bufferBytes = 1 << 20
        var gathering = try await Gathering(at: .tcp, settings: settings)
        var guest = try await gathering.dealer()
        #expect(await guest.next() == .connected)
        let name = Sample.hash(1)
        let chunk = Parcel(
            .blobChunk(BlobChunk(name: name, offset: 0, total: WireLimits.frame)),
            frames: [Frame([UInt8](repeating: 1, count: WireLimits.frame))]
        )
        for _ in 0..<4 {
            let pause = Pause(gathering.router.loop)
            for _ in 0..<100 { try await guest.dealer.send(chunk) }
            // Longer than it takes until it is looked at.
            try await Task.sleep(for: .milliseconds(150))
            pause.end()
            for _ in 0..<100 { #expect(try await gathering.received().parcel.message == chunk.message) }
        }
        await guest.dealer.close()
        await gathering.router.close()
    }
}

import Tensors
import Testing

@testable import Wire

@Suite("Peers that do not read", .timeLimit(.minutes(1)))
struct BackPressureTests {
    /// Small buffers; and a peer that does not read cannot answer the library's probes either.
    private static func settings(queueBytes: Int) -> SocketSettings {
        var settings = SocketSettings()
        settings.bufferBytes = 1
        settings.queueBytes = queueBytes
        settings.heartbeatTimeout = .seconds(60)
        settings.heartbeatLife = .seconds(60)
        return settings
    }

    /// What the kernel may hold besides: up to ten mebibytes over TCP.
    private static let kernelBytes = 16 << 20

    /// Much in a frame, and much in an envelope.
    static let parcels = [
        Parcel(
            .blobChunk(BlobChunk(name: Sample.hash(1), offset: 0, total: 262_144)),
            frames: [Frame(Sample.bytes(262_144))]
        ),
        Parcel(.release(Release(names: (0..<1_024).map(Sample.hash)))),
    ]

    @Test(
        "what waits for a slow peer is bounded in bytes; then it is dropped, and others are not",
        arguments: Place.allCases
    )
    func slow(place: Place) async throws {
        let limit = 2 << 20
        for parcel in Self.parcels {
            let settings = Self.settings(queueBytes: limit)
            var gathering = try await Gathering(at: place, settings: settings)
            let slow = try RawPeer(in: gathering.transport, settings: settings)
            try await slow.connect(to: gathering.address)
            try await slow.send([[42, 0]])
            let peer = try await gathering.received().peer
            let byteCount = try parcel.message.encoded().count + parcel.frames.reduce(0) { $0 + $1.count }
            var sentBytes = 0
            while try await gathering.router.send(parcel, to: peer) == .underWay {
                sentBytes += byteCount
                if sentBytes > limit + Self.kernelBytes { break }
            }
            #expect(sentBytes <= limit + Self.kernelBytes)
            guard case .dropped(peer, because: .slow(let waitingBytes)) = await gathering.next() else {
                Issue.record("the peer was not dropped")
                return
            }
            #expect(waitingBytes > limit && waitingBytes <= limit + byteCount + 1_024)
            #expect(try await gathering.router.send(parcel, to: peer) == .unreachable)

            var good = try await gathering.dealer()
            #expect(await good.next() == .connected)
            try await good.dealer.send(Parcel(.drain))
            let other = try await gathering.received().peer
            #expect(try await gathering.router.send(parcel, to: other) == .underWay)
            #expect(await good.next() == .received(parcel))
            await good.dealer.close()
            await slow.close()
            await gathering.router.close()
        }
    }

    @Test("who reads late gets all that waited, in order", arguments: Place.allCases)
    func late(place: Place) async throws {
        let count = 200
        let settings = Self.settings(queueBytes: 64 << 20)
        var gathering = try await Gathering(at: place, settings: settings)
        let late = try RawPeer(in: gathering.transport, settings: settings)
        var heard = late.messages.makeAsyncIterator()
        try await late.connect(to: gathering.address)
        try await late.send([[42, 0]])
        let peer = try await gathering.received().peer
        for number in 0..<count {
            let chunk = Message.blobChunk(BlobChunk(name: Sample.hash(number), offset: 0, total: 200_000))
            let parcel = Parcel(chunk, frames: [Frame([UInt8](repeating: UInt8(number), count: 200_000))])
            #expect(try await gathering.router.send(parcel, to: peer) == .underWay)
        }
        await late.listen()
        for number in 0..<count {
            let parts = try #require(await heard.next())
            guard case .blobChunk(let chunk) = try Message(decoding: parts[0]) else { throw WireError.chosenRoutingID }
            #expect(chunk.name == Sample.hash(number))
            #expect(parts.count == 2 && parts[1] == [UInt8](repeating: UInt8(number), count: 200_000))
        }
        await late.close()
        await gathering.router.close()
    }

    @Test("a dealer whose router does not read takes no more than its queue holds", arguments: Place.allCases)
    func dealer(place: Place) async throws {
        let limit = 2 << 20
        let transport = try Transport()
        let settings = Self.settings(queueBytes: limit)
        let router = try RawPeer(.router, in: transport, settings: settings)
        let address = try #require(await router.bind(to: place.address()))
        let dealer = try DealerService(on: Loop(name: "dealer"), in: transport, settings: settings)
        var events = dealer.events.makeAsyncIterator()
        try await dealer.connect(to: address)
        #expect(await events.next() == .connected)
        var sentBytes = 0
        while try await dealer.send(Self.parcels[1]) == .underWay {
            sentBytes += 35_000
            if sentBytes > limit + Self.kernelBytes { break }
        }
        #expect(sentBytes > limit && sentBytes <= limit + Self.kernelBytes)
        await dealer.close()
        await router.close()
    }
}

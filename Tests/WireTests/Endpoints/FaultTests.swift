import Tensors
import Testing

@testable import Wire

@Suite("Peers that send what cannot be accepted", .timeLimit(.minutes(1)))
struct FaultTests {
    private static func hello(_ change: (inout Protobuf) -> Void = { _ in }) -> [UInt8] {
        Protobuf { envelope in
            envelope.message(1) { hello in
                change(&hello)
                hello.number(5, 1)
            }
        }.bytes
    }

    private static let chunk = Protobuf { envelope in
        envelope.message(14) { chunk in
            chunk.data(1, Sample.hash(1).bytes)
            chunk.number(3, 5)
        }
    }.bytes

    /// Parts of a message, and why they are refused.
    static let faults: [(parts: [[UInt8]], error: WireError)] = [
        ([[]], .field("", "holds no message")),
        ([[1, 2, 3]], .field("", "has a field number 0")),
        ([hello { $0.number(1, 2) }], .unknownVersion(2)),
        ([Protobuf { $0.data(99, []) }.bytes], .unknownMessage(number: 99)),
        ([Protobuf { $0.message(6) { $0.number(1, 9) } }.bytes], .field("goodbye.reason", "is 9, which is no reason")),
        ([[42, 0], [1]], .frames(of: "drain", "are 1 instead of 0")),
        ([chunk], .frames(of: "blob_chunk", "are 0 instead of 1")),
        ([chunk, [1, 2, 3, 4, 5, 6]], .frames(of: "blob_chunk", "have 6 bytes at offset 0 of a blob of 5 bytes")),
        ([chunk, Sample.bytes(300_000)], .tooLarge("frame 1 of blob_chunk", bytes: 300_000, limit: 262_144)),
        (
            [chunk] + [[UInt8]](repeating: Sample.bytes(250_000), count: 5),
            .tooLarge("the frames of blob_chunk", bytes: 1_250_000, limit: 1_048_576)
        ),
        ([chunk] + [[UInt8]](repeating: [0], count: 1_000), .tooMany("the frames", limit: 64)),
        ([Sample.bytes(70_000)], .tooLarge("the envelope", bytes: 70_000, limit: 65_536)),
    ]

    @Test(
        "of messages that came together, those before the one that cannot be accepted count",
        arguments: Place.allCases
    )
    func bundles(place: Place) async throws {
        var settings = SocketSettings()
        settings.faults = 100
        var gathering = try await Gathering(at: place, settings: settings)
        let peer = try RawPeer(in: gathering.transport)
        var heard = peer.messages.makeAsyncIterator()
        try await peer.connect(to: gathering.address)
        await peer.listen()
        let drain: [UInt8] = [42, 0]
        let frames = [Sample.bytes(24), Sample.bytes(40, seed: 3)]
        let outputs = zip(frames, [[2], [6]]).enumerated().map { index, output in
            TaskOutput(TensorBlob(name: Sample.hash(index), type: TensorType(.f32, Shape(output.1))), isAttached: true)
        }
        let finished = Message.finished(
            TaskFinished(task: Sample.hash(1), attempt: 1, outputs: outputs, wallNanoseconds: 5)
        )
        let body = frames[0] + frames[1]
        let good = [Parcel(.drain), Parcel(finished, frames: frames.map { Frame($0) }), Parcel(.drain)]
        let bundle = Bundle.envelope(of: [drain, try finished.encoded(), drain])
        let nested = Bundle.envelope(of: [drain, Bundle.envelope(of: [drain, drain])])
        let cases: [(parts: [[UInt8]], parcels: Int, error: WireError?)] = [
            ([bundle, body], 3, nil),
            ([bundle, body + [0]], 3, .frames(of: "bundle", "have 1 bytes that belong to no message")),
            ([bundle, Array(body.dropLast())], 1, .frames(of: "finished", "are not all in its bundle")),
            ([bundle], 1, .frames(of: "finished", "are not all in its bundle")),
            ([bundle] + frames, 0, .frames(of: "bundle", "are 2 instead of 1 at most")),
            ([bundle, Sample.bytes(262_145)], 0, .tooLarge("the frame of bundle", bytes: 262_145, limit: 262_144)),
            (
                [Bundle.envelope(of: [drain, [50, 2, 8, 9], drain])], 1,
                .field("bundle.envelopes[1].goodbye.reason", "is 9, which is no reason")
            ),
            (
                [Bundle.envelope(of: [drain, Self.chunk]), Sample.bytes(5)], 1,
                .frames(of: "blob_chunk", "do not fit a bundle")
            ),
            ([nested], 1, .unknownMessage(number: 19)),
            ([Bundle.envelope(of: [])], 0, .field("bundle.envelopes", "is empty")),
        ]
        for (parts, count, error) in cases {
            #expect(try await peer.send(parts))
            for parcel in good.prefix(count) { #expect(try await gathering.received().parcel == parcel) }
            guard let error else { continue }
            guard case .faulted(_, error) = await gathering.next() else {
                Issue.record("not the fault that was expected: \(error)")
                return
            }
            #expect(try await heard.next() == [Message.refused(error.refusal).encoded()])
        }
        await peer.close()
        await gathering.router.close()
    }

    @Test("what is sent in one turn goes together, and arrives in order", arguments: Place.allCases)
    func together(place: Place) async throws {
        var gathering = try await Gathering(at: place)
        let peer = try RawPeer(in: gathering.transport)
        var heard = peer.messages.makeAsyncIterator()
        try await peer.connect(to: gathering.address)
        try await peer.send([[42, 0]])
        let id = try await gathering.received().peer
        await peer.listen()
        let count = 200
        let pause = Pause(gathering.router.loop)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<count {
                group.addTask { [router = gathering.router] in
                    _ = try await router.send(Parcel(.release(Release(names: [Sample.hash(number)]))), to: id)
                }
            }
            try await Task.sleep(for: .milliseconds(50))
            pause.end()
            try await group.waitForAll()
        }
        var (found, loads): (Set<[UInt8]>, Int) = ([], 0)
        while found.count < count {
            let parts = try #require(await heard.next())
            loads += 1
            #expect(parts.count == 1)
            let envelopes = try parts[0].withUnsafeBytes { try Bundle.envelopes(in: $0)?.map { Array($0) } }
            for envelope in envelopes ?? parts { #expect(found.insert(envelope).inserted) }
        }
        #expect(loads < count / 4, "\(loads)")
        await peer.close()
        await gathering.router.close()
    }

    @Test("each fault is told and answered, and the connection survives it", arguments: Place.allCases)
    func answers(place: Place) async throws {
        var settings = SocketSettings()
        settings.faults = Self.faults.count + 1
        var gathering = try await Gathering(at: place, settings: settings)
        let peer = try RawPeer(in: gathering.transport)
        var heard = peer.messages.makeAsyncIterator()
        try await peer.connect(to: gathering.address)
        await peer.listen()
        for (parts, error) in Self.faults {
            #expect(try await peer.send(parts))
            guard case .faulted(let faulty, let found) = await gathering.next() else {
                Issue.record("no fault was found, but expected \(error)")
                return
            }
            #expect(found == error)
            #expect(try await heard.next() == [Message.refused(error.refusal).encoded()])
            // What is right still arrives.
            #expect(try await peer.send([[42, 0]]))
            #expect(await gathering.next() == .received(Parcel(.drain), from: faulty))
        }
        await peer.close()
        await gathering.router.close()
    }

    @Test("after too many faults the peer is ignored, and others are not", arguments: Place.allCases)
    func ignored(place: Place) async throws {
        var gathering = try await Gathering(at: place)
        let bad = try RawPeer(in: gathering.transport)
        var heard = bad.messages.makeAsyncIterator()
        try await bad.connect(to: gathering.address)
        await bad.listen()
        for number in 1...3 {
            try await bad.send([[1]])
            guard case .faulted(let peer, _) = await gathering.next() else {
                Issue.record("fault \(number) was not found")
                return
            }
            let answer = try Message(decoding: #require(await heard.next()?.first))
            #expect(answer.kind == "refused")
            guard number == 3 else { continue }
            #expect(await gathering.next() == .dropped(peer, because: .faults(3)))
            #expect(try await gathering.router.send(Parcel(.drain), to: peer) == .unreachable)
        }
        for _ in 0..<1_000 { try await bad.send([[42, 0]]) }
        for _ in 0..<1_000 { try await bad.send([[1], [2], [3]]) }
        var good = try await gathering.dealer()
        #expect(await good.next() == .connected)
        try await good.dealer.send(Parcel(.drain))
        let (parcel, peer) = try await gathering.received()
        #expect(parcel == Parcel(.drain))
        #expect(try await gathering.router.send(Parcel(.drain), to: peer) == .underWay)
        #expect(await good.next() == .received(Parcel(.drain)))
        await good.dealer.close()
        await bad.close()
        await gathering.router.close()
    }

    @Test("a peer that chose its routing id is refused at once", arguments: Place.allCases)
    func routingID(place: Place) async throws {
        for routingID in [Array("me".utf8), [1, 2, 3, 4, 5], [0, 1, 2, 3, 4, 5], [UInt8](repeating: 9, count: 255)] {
            var gathering = try await Gathering(at: place)
            let peer = try RawPeer(in: gathering.transport, routingID: routingID)
            var heard = peer.messages.makeAsyncIterator()
            try await peer.connect(to: gathering.address)
            await peer.listen()
            try await peer.send([[42, 0]])
            let id = PeerID(routingID: routingID)
            #expect(await gathering.next() == .faulted(id, .chosenRoutingID))
            #expect(await gathering.next() == .dropped(id, because: .faults(1)))
            #expect(try await heard.next() == [Message.refused(WireError.chosenRoutingID.refusal).encoded()])
            await peer.close()
            await gathering.router.close()
        }
    }

    @Test(
        "a router's faults are told and answered by the dealer, which ignores it after some",
        arguments: Place.allCases
    )
    func dealer(place: Place) async throws {
        let transport = try Transport()
        let router = try RawPeer(.router, in: transport)
        var heard = router.messages.makeAsyncIterator()
        let address = try #require(await router.bind(to: place.address()))
        await router.listen()
        let dealer = try DealerService(on: Loop(name: "dealer"), in: transport)
        var events = dealer.events.makeAsyncIterator()
        try await dealer.connect(to: address)
        #expect(await events.next() == .connected)
        try await dealer.send(Parcel(.drain))
        let greeting = try #require(await heard.next())
        #expect(greeting.count == 2 && greeting[1] == [42, 0])
        for (parts, error) in [Self.faults[0], Self.faults[5], Self.faults[11]] {
            try await router.send([greeting[0]] + parts)
            #expect(await events.next() == .faulted(error))
            #expect(try await heard.next() == [greeting[0], Message.refused(error.refusal).encoded()])
        }
        #expect(await events.next() == .dropped(.faults(3)))
        try await router.send([greeting[0], [42, 0]])
        // Nothing more is told until the end.
        await dealer.close()
        #expect(await events.next() == nil)
        await router.close()
    }
}

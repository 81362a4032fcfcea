import Tasks
import Tensors
import TestSupport
import Testing

@testable import Wire

@Suite("Endpoints", .timeLimit(.minutes(1)))
struct EndpointTests {
    @Test("a message and its answer arrive with their frames", arguments: Place.allCases)
    func roundTrip(place: Place) async throws {
        var meeting = try await Meeting(at: place)
        let request = Parcel(.blobRequest(BlobRequest(name: Sample.hash(1), offset: 5)))
        #expect(try await meeting.dealer.send(request) == .underWay)
        let (received, peer) = try await meeting.receivedAtRouter()
        #expect(received == request)
        let answer = Parcel(
            .blobChunk(BlobChunk(name: Sample.hash(1), offset: 5, total: 200_005)),
            frames: [Frame(Sample.bytes(200_000))]
        )
        #expect(try await meeting.router.send(answer, to: peer) == .underWay)
        #expect(try await meeting.receivedAtDealer() == answer)
        await meeting.close()
    }

    @Test("messages of every kind arrive as they were sent", arguments: Place.allCases)
    func everyKind(place: Place) async throws {
        var meeting = try await Meeting(at: place)
        for kind in Sample.kinds {
            var random = Seeded(UInt64(kind))
            // Frames of any size would be too many bytes for some.
            let message = Sample.message(kind, using: &random)
            let parcel: Parcel
            switch message {
            case .assignment(var assignment):
                assignment.attached = []
                parcel = Parcel(.assignment(assignment))
            case .finished(var finished):
                for index in finished.outputs.indices { finished.outputs[index].isAttached = false }
                parcel = Parcel(.finished(finished))
            case .blobChunk:
                let chunk = BlobChunk(name: Sample.hash(1), offset: 0, total: 3)
                parcel = Parcel(.blobChunk(chunk), frames: [Frame([1, 2, 3])])
            default: parcel = Parcel(message)
            }
            #expect(try await meeting.dealer.send(parcel) == .underWay)
            let (received, peer) = try await meeting.receivedAtRouter()
            #expect(received == parcel)
            #expect(try await meeting.router.send(parcel, to: peer) == .underWay)
            #expect(try await meeting.receivedAtDealer() == parcel)
        }
        await meeting.close()
    }

    @Test(
        "messages stay in order, in both directions at once, though more are sent than buffers hold",
        arguments: Place.allCases
    )
    func order(place: Place) async throws {
        let count = 3_000
        var meeting = try await Meeting(at: place)
        func parcel(_ number: Int) -> Parcel { Parcel(.blobRequest(BlobRequest(name: Sample.hash(1), offset: number))) }
        try await meeting.dealer.send(parcel(0))
        let (first, peer) = try await meeting.receivedAtRouter()
        #expect(first == parcel(0))
        let (dealer, router) = (meeting.dealer, meeting.router)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for number in 1..<count {
                    let delivery = try await dealer.send(parcel(number))
                    #expect(delivery == .underWay)
                }
            }
            group.addTask {
                for number in 0..<count {
                    let delivery = try await router.send(parcel(number), to: peer)
                    #expect(delivery == .underWay)
                }
            }
            try await group.waitForAll()
        }
        for number in 1..<count { #expect(await meeting.nextAtRouter() == .received(parcel(number), from: peer)) }
        for number in 0..<count { #expect(await meeting.nextAtDealer() == .received(parcel(number))) }
        await meeting.close()
    }

    @Test("frames arrive up to their limits: the longest, the most, all bytes together", arguments: Place.allCases)
    func largest(place: Place) async throws {
        var meeting = try await Meeting(at: place)
        // A blob of bytes begins with 16 others.
        let shapes = [[Int](repeating: 262_144, count: 4), [Int](repeating: 16_384, count: 64), [16, 1_040, 262_144]]
        for sizes in shapes {
            let outputs = sizes.enumerated().map { index, size in
                TaskOutput(
                    TensorBlob(name: Sample.hash(index), type: TensorType(.u8, [size - 16])),
                    isAttached: true
                )
            }
            let finished = TaskFinished(task: Sample.hash(1), attempt: 1, outputs: outputs, wallNanoseconds: 5)
            let frames = sizes.enumerated().map { Frame(Sample.bytes($1, seed: $0)) }
            let parcel = Parcel(.finished(finished), frames: frames)
            #expect(try await meeting.dealer.send(parcel) == .underWay)
            #expect(try await meeting.receivedAtRouter().parcel == parcel)
        }
        await meeting.close()
    }

    @Test("what breaks a limit is refused before it is sent", arguments: Place.allCases)
    func overLimit(place: Place) async throws {
        var meeting = try await Meeting(at: place)
        let tooLong = Parcel(
            .blobChunk(BlobChunk(name: Sample.hash(1), offset: 0, total: 262_145)),
            frames: [Frame(Sample.bytes(262_145))]
        )
        let error = WireError.tooLarge("frame 1 of blob_chunk", bytes: 262_145, limit: 262_144)
        await #expect(throws: error) { try await meeting.dealer.send(tooLong) }
        try await meeting.dealer.send(Parcel(.drain))
        let (parcel, peer) = try await meeting.receivedAtRouter()
        #expect(parcel == Parcel(.drain))
        await #expect(throws: error) { try await meeting.router.send(tooLong, to: peer) }
        try await meeting.router.send(Parcel(.drain), to: peer)
        #expect(try await meeting.receivedAtDealer() == Parcel(.drain))
        await meeting.close()
    }

    @Test("many peers are told apart, and each gets its own answer", arguments: Place.allCases)
    func manyPeers(place: Place) async throws {
        let count = 50
        var gathering = try await Gathering(at: place)
        var guests: [Gathering.Guest] = []
        for _ in 0..<count { guests.append(try await gathering.dealer()) }
        for index in guests.indices {
            #expect(await guests[index].next() == .connected)
            try await guests[index].dealer.send(Parcel(.release(Release(names: [Sample.hash(index)]))))
        }
        var peers: Set<PeerID> = []
        for _ in 0..<count {
            let (parcel, peer) = try await gathering.received()
            peers.insert(peer)
            #expect(try await gathering.router.send(parcel, to: peer) == .underWay)
        }
        #expect(peers.count == count)
        for index in guests.indices {
            let own = Parcel(.release(Release(names: [Sample.hash(index)])))
            #expect(await guests[index].next() == .received(own))
            await guests[index].dealer.close()
        }
        await gathering.router.close()
        #expect(await guests[0].next() == nil)
    }

    @Test("a peer that was never there is unreachable", arguments: Place.allCases)
    func nobody(place: Place) async throws {
        let gathering = try await Gathering(at: place)
        let nobody = PeerID(routingID: [0, 1, 2, 3, 4])
        #expect(try await gathering.router.send(Parcel(.drain), to: nobody) == .unreachable)
        await gathering.router.close()
        #expect(try await gathering.router.send(Parcel(.drain), to: nobody) == .unreachable)
        let dealer = try DealerService(on: Loop(name: "dealer"), in: gathering.transport)
        #expect(try await dealer.send(Parcel(.drain)) == .unreachable)
        await dealer.close()
    }
}

import Testing
import Wire

@Suite("Endpoints", .timeLimit(.minutes(1)))
struct EndpointTests {
    @Test("a message and its answer arrive with their frames", arguments: Place.allCases)
    func roundTrip(place: Place) async throws {
        var meeting = try await Meeting(at: place)
        let request = Parcel(.blobRequest(BlobRequest(name: Sample.hash(1), offset: 5)))
        #expect(try await meeting.dealer.send(request) == .underWay)
        let (received, peer) = try await meeting.receivedAtRouter()
        #expect(received == request)
        let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let answer = Parcel(
            .blobChunk(BlobChunk(name: Sample.hash(1), offset: 5, total: 200_005)),
            frames: [Frame(bytes)]
        )
        #expect(try await meeting.router.send(answer, to: peer) == .underWay)
        #expect(try await meeting.receivedAtDealer() == answer)
        await meeting.close()
    }
}

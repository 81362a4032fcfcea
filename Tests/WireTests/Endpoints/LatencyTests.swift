import Foundation
import Testing
import Wire

/// A measurement rather than a test: `TROUPE_MEASURE=1 swift test --filter LatencyTests`.
@Suite("Latency", .enabled(if: ProcessInfo.processInfo.environment["TROUPE_MEASURE"] != nil), .timeLimit(.minutes(1)))
struct LatencyTests {
    @Test("a round trip of about 100 bytes takes less than 100 µs", arguments: Place.allCases)
    func roundTrip(place: Place) async throws {
        var meeting = try await Meeting(at: place)
        let names = [Sample.hash(1), Sample.hash(2), Sample.hash(3)]
        let parcel = Parcel(.release(Release(names: names)))
        #expect(try parcel.message.encoded().count == 105)
        let clock = ContinuousClock()
        var times: [Duration] = []
        for _ in 0..<5_000 {
            let start = clock.now
            try await meeting.dealer.send(parcel)
            let peer = try await meeting.receivedAtRouter().peer
            try await meeting.router.send(parcel, to: peer)
            _ = try await meeting.receivedAtDealer()
            times.append(clock.now - start)
        }
        times.sort()
        let median = times[times.count / 2] / .microseconds(1)
        print("round trip over \(place): median \(median) µs, 99 of 100 below \(times[4_950] / .microseconds(1)) µs")
        #expect(median < 100)
        await meeting.close()
    }
}

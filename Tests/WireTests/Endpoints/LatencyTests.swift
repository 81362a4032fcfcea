import Foundation
import Testing
import Wire

/// A measurement rather than a test: `TROUPE_MEASURE=1 swift test --filter LatencyTests`.
@Suite(
    "Latency",
    .serialized,
    .enabled(if: ProcessInfo.processInfo.environment["TROUPE_MEASURE"] != nil),
    .timeLimit(.minutes(1))
)
struct LatencyTests {
    /// Several times what it takes on one core. Cores that sleep may take long to wake each other.
    private static let limit = 500.0
    private static let count = 5_000

    /// 105 bytes of envelope.
    private static let parcel = Parcel(.release(Release(names: (1...3).map(Sample.hash))))

    /// An owner of a router that answers at once, on the loop, as a coordinator does.
    private actor Echo {
        nonisolated let loop: Loop
        nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
        private let router: Router

        init(in transport: Transport) throws {
            loop = try Loop(name: "echo")
            router = try Router(on: loop, in: transport)
        }

        func start(at address: Address) throws -> Address {
            try router.open { [router] event in
                if case .received(let parcel, let peer) = event { _ = try? router.send(parcel, to: peer) }
            }
            return try router.bind(to: address)
        }

        func stop() { router.close() }
    }

    /// An owner of a dealer that asks again as soon as it is answered, on the loop, as a worker does.
    private actor Caller {
        nonisolated let loop: Loop
        nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
        private let dealer: Dealer
        private var times: [Double] = []
        private var start = Instant.now

        init(in transport: Transport) throws {
            loop = try Loop(name: "caller")
            dealer = Dealer(on: loop, in: transport)
        }

        func times(at address: Address, count: Int) async throws -> [Double] {
            let (stream, done) = AsyncStream.makeStream(of: Void.self)
            dealer.open { [self] event in
                if case .received = event { times.append(start.duration(to: .now) / .microseconds(1)) }
                guard times.count < count else { return done.finish() }
                start = .now
                _ = try? dealer.send(LatencyTests.parcel)
            }
            try dealer.connect(to: address)
            for await _ in stream {}
            dealer.close()
            return times
        }
    }

    @Test("a round trip of about 100 bytes between two loops takes less than 500 µs", arguments: Place.allCases)
    func handlers(place: Place) async throws {
        let transport = try Transport()
        let echo = try Echo(in: transport)
        let address = try await echo.start(at: place.address())
        let times = try await Caller(in: transport).times(at: address, count: Self.count)
        await echo.stop()
        Self.judge(times, "\(place), between loops")
    }

    @Test("a round trip of about 100 bytes between tasks takes less than 500 µs", arguments: Place.allCases)
    func services(place: Place) async throws {
        var meeting = try await Meeting(at: place)
        var times: [Double] = []
        for _ in 0..<Self.count {
            let start = Instant.now
            try await meeting.dealer.send(Self.parcel)
            let peer = try await meeting.receivedAtRouter().peer
            try await meeting.router.send(Self.parcel, to: peer)
            _ = try await meeting.receivedAtDealer()
            times.append(start.duration(to: .now) / .microseconds(1))
        }
        await meeting.close()
        Self.judge(times, "\(place), between tasks")
    }

    private static func judge(_ times: [Double], _ what: String) {
        let times = times.sorted()
        let median = times[times.count / 2]
        print("round trip over \(what): median \(median) µs, 99 of 100 below \(times[times.count * 99 / 100]) µs")
        #expect(median < limit)
    }
}

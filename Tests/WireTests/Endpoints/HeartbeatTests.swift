import Glibc
import TestSupport
import Testing

@testable import Wire

/// The library aborts the process when it probes a connection that broke while its messages found no room: a router must
/// not probe.
@Suite("Connections that break while nobody reads", .timeLimit(.minutes(1)))
struct HeartbeatTests {
    @Test("take nothing else with them")
    func broken() async throws {
        let loop = try Loop(name: "router")
        let transport = try Transport()
        let router = try RouterService(on: loop, in: transport)
        var events = router.events.makeAsyncIterator()
        let address = try await router.bind(to: .tcp(host: "127.0.0.1", port: nil))
        let word = Stranger.frame([42, 0])
        for _ in 0..<2 {
            let stranger = try Stranger(to: address)
            #expect(await stranger.enter())
            await stranger.send(word)
            guard case .received? = await events.next() else { throw Meeting.Unexpected(event: "no word") }
            // Longer than the pause between probes.
            let isHeld = loop.hold(for: .milliseconds(1_300))
            await stranger.send((0..<2_000).flatMap { _ in word })
            try await Task.sleep(for: .milliseconds(200))
            stranger.breakOff()
            await isHeld.value
        }
        await router.close()
    }

    /// The library notices that a connection was torn down, and cannot let go of it while it has something for either side; when
    /// it then probes it, it aborts the process.
    @Test("a dealer that gives such a connection up is not in the way of its own probes")
    func givenUp() async throws {
        var gathering = try await Gathering(at: .tcp)
        var settings = SocketSettings()
        settings.heartbeatInterval = .milliseconds(1_500)
        var guest = try await gathering.dealer(settings: settings)
        #expect(await guest.next() == .connected)
        let start = Instant.now
        let request = Parcel(.blobRequest(BlobRequest(name: Sample.hash(1), offset: 0)))
        try await guest.dealer.send(request)
        let peer = try await gathering.received().peer
        func chunk(_ byteCount: Int) -> Parcel {
            let chunk = BlobChunk(name: Sample.hash(1), offset: 0, total: 1 << 20)
            return Parcel(.blobChunk(chunk), frames: [Frame([UInt8](repeating: 7, count: byteCount))])
        }
        // Neither side reads: what the router sends fills the dealer, what the dealer sends fills the way.
        let (dealer, address) = (guest.dealer, gathering.address)
        async let burst: Void = dealer.burst(chunk(256 << 10), count: 150, thenConnectingTo: address, after: start)
        for _ in 0..<200 { _ = try await gathering.router.send(chunk(2_048), to: peer) }
        let isHeld = gathering.router.loop.hold(for: .milliseconds(2_000))
        try await burst
        // Meanwhile the old connection would be probed, were it still there.
        await isHeld.value
        await guest.dealer.close()
        await gathering.router.close()
    }
}

extension DealerService {
    /// Without reading meanwhile, sends much, and gives the connection up shortly before 1.5 s have passed since an instant.
    fileprivate func burst(
        _ parcel: Parcel,
        count: Int,
        thenConnectingTo address: Address,
        after start: Instant
    ) throws {
        while start.duration(to: .now) < .milliseconds(800) { usleep(1_000) }
        for _ in 0..<count { _ = try send(parcel) }
        while start.duration(to: .now) < .milliseconds(1_300) { usleep(1_000) }
        try connect(to: address)
    }
}

extension Loop {
    /// Keeps the loop from its sockets for a while.
    fileprivate func hold(for time: Duration) -> Task<Void, Never> {
        Task {
            await withCheckedContinuation { continuation in
                perform {
                    usleep(UInt32(time / .microseconds(1)))
                    continuation.resume()
                }
            }
        }
    }
}

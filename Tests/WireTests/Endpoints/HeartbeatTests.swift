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

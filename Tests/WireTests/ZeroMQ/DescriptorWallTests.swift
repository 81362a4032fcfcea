import Testing

@testable import Wire

@Suite("The last descriptors", .timeLimit(.minutes(1)))
struct DescriptorWallTests {
    @Test("are not for connections: the library's are closed at once, until there is room")
    func wall() async throws {
        let transport = try Transport()
        let router = try RouterService(on: Loop(name: "router"), in: transport)
        let address = try await router.bind(to: Address("tcp://127.0.0.1:*"))
        // As if nearly all others were in use.
        DescriptorWall.set(from: 0)
        defer { DescriptorWall.set(from: .max) }
        let dealer = try DealerService(on: Loop(name: "dealer"), in: transport)
        var events = dealer.events.makeAsyncIterator()
        try await dealer.connect(to: address)
        for _ in 0..<20 {
            let stranger = try Stranger(to: address)
            #expect(await stranger.isReset(), "which says nothing of keys")
        }
        DescriptorWall.set(from: .max)
        var seen: [DealerEvent] = []
        while let event = await events.next() {
            seen.append(event)
            if event == .connected { break }
        }
        #expect(seen.last == .connected)
        await dealer.close()
        await router.close()
    }
}

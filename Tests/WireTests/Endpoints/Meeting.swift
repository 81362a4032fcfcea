import Testing
import Wire

/// A router and a dealer, each on a loop of its own, and what they tell.
struct Meeting {
    let transport: Transport
    let router: RouterService
    let dealer: DealerService
    let address: Address
    private var routerEvents: AsyncStream<RouterEvent>.Iterator
    private var dealerEvents: AsyncStream<DealerEvent>.Iterator

    /// Brings the two together.
    init(
        at place: Place,
        routerSettings: SocketSettings = SocketSettings(),
        dealerSettings: SocketSettings = SocketSettings()
    ) async throws {
        transport = try Transport()
        router = try RouterService(on: Loop(name: "router"), in: transport, settings: routerSettings)
        dealer = try DealerService(on: Loop(name: "dealer"), in: transport, settings: dealerSettings)
        routerEvents = router.events.makeAsyncIterator()
        dealerEvents = dealer.events.makeAsyncIterator()
        address = try await router.bind(to: place.address())
        try await dealer.connect(to: address)
        #expect(await nextAtDealer() == .connected)
    }

    mutating func nextAtRouter() async -> RouterEvent? { await routerEvents.next() }

    mutating func nextAtDealer() async -> DealerEvent? { await dealerEvents.next() }

    /// The next parcel that the router receives.
    mutating func receivedAtRouter() async throws -> (parcel: Parcel, peer: PeerID) {
        let event = await nextAtRouter()
        guard case .received(let parcel, let peer) = event else { throw Unexpected(event: String(describing: event)) }
        return (parcel, peer)
    }

    /// The next parcel that the dealer receives.
    mutating func receivedAtDealer() async throws -> Parcel {
        let event = await nextAtDealer()
        guard case .received(let parcel) = event else { throw Unexpected(event: String(describing: event)) }
        return parcel
    }

    func close() async {
        await dealer.close()
        await router.close()
    }

    /// Another event came than the test waited for.
    struct Unexpected: Error {
        let event: String
    }
}

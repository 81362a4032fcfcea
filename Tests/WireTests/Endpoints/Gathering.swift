import Testing
import Wire

/// A router on a loop of its own, to which any number of peers may come.
struct Gathering {
    let transport: Transport
    let router: RouterService
    let address: Address
    private var events: AsyncStream<RouterEvent>.Iterator

    init(
        at place: Place,
        settings: SocketSettings = SocketSettings(),
        key: SecretKey? = nil,
        admitting list: AllowList = AllowList()
    ) async throws {
        transport = try Transport()
        router = try RouterService(on: Loop(name: "router"), in: transport, settings: settings, key: key)
        events = router.events.makeAsyncIterator()
        await router.allow(list)
        address = try await router.bind(to: place.address())
    }

    /// The next event, nil after `close`.
    mutating func next() async -> RouterEvent? { await events.next() }

    /// The next event, which must be a parcel.
    mutating func received() async throws -> (parcel: Parcel, peer: PeerID) {
        let event = await next()
        guard case .received(let parcel, let peer) = event else {
            throw Meeting.Unexpected(event: String(describing: event))
        }
        return (parcel, peer)
    }

    /// A dealer on its way here, or elsewhere.
    func dealer(
        settings: SocketSettings = SocketSettings(),
        keys: ClientKeys? = nil,
        to address: Address? = nil
    ) async throws -> Guest {
        let dealer = try DealerService(on: Loop(name: "dealer"), in: transport, settings: settings, keys: keys)
        let guest = Guest(dealer: dealer, events: dealer.events.makeAsyncIterator())
        try await dealer.connect(to: address ?? self.address)
        return guest
    }

    /// A dealer, and what it tells.
    struct Guest {
        let dealer: DealerService
        var events: AsyncStream<DealerEvent>.Iterator

        mutating func next() async -> DealerEvent? { await events.next() }
    }
}

extension RouterService {
    /// Listens where another endpoint did until now: its socket is closed in the background.
    func bindOnceFree(to address: Address) async throws -> Address {
        while true {
            do throws(SocketError) {
                return try bind(to: address)
            } catch {
                guard error == .addressInUse(address) else { throw error }
            }
            await Task.yield()
        }
    }
}

import Testing

@testable import Wire

@Suite("A router without room", .timeLimit(.minutes(1)))
struct CrowdTests {
    @Test("does not listen to those that it cuts, whatever they have said by then")
    func unheard() async throws {
        var settings = SocketSettings()
        settings.connections = 3
        var gathering = try await Gathering(at: .tcp, settings: settings)
        var strangers: [Stranger] = []
        let pause = Pause(gathering.router.loop)
        for _ in 0..<20 {
            let stranger = try Stranger(to: gathering.address)
            #expect(await stranger.enter())
            await stranger.send(Stranger.frame([42, 0]))
            strangers.append(stranger)
        }
        pause.end()
        var (cut, heard) = (0, Set<PeerID>())
        while cut < 17 || heard.count < 3 {
            switch await gathering.next() {
            case .turnedAway(.crowded(limit: 3), _): cut += 1
            case .received(_, let peer): heard.insert(peer)
            case .disconnected(let peer): #expect(!heard.contains(peer))
            case let other: throw Meeting.Unexpected(event: String(describing: other))
            }
        }
        for stranger in strangers[3...] { #expect(await stranger.readToEnd()) }
        #expect(cut == 17 && heard.count == 3)
        for peer in heard { #expect(try await gathering.router.send(Parcel(.drain), to: peer) == .underWay) }
        await gathering.router.close()
    }

    @Test("is not besieged by dealers that it cuts: they come more and more seldom, and in when there is room")
    func siege() async throws {
        var settings = SocketSettings()
        settings.connections = 1
        var gathering = try await Gathering(at: .tcp, settings: settings)
        var resident = try await gathering.dealer()
        #expect(await resident.next() == .connected)
        try await resident.dealer.send(Parcel(.drain))
        _ = try await gathering.received()
        var dealers: [DealerService] = []
        for _ in 0..<4 { dealers.append(try await gathering.dealer().dealer) }
        let crowd = dealers
        try await Task.sleep(for: .seconds(2))
        await resident.dealer.close()
        var cut = 0
        var isIn = false
        let speaker = Task {
            // One of them will get through.
            while !Task.isCancelled {
                for dealer in crowd { _ = try? await dealer.send(Parcel(.drain)) }
                try await Task.sleep(for: .milliseconds(20))
            }
        }
        while !isIn {
            switch await gathering.next() {
            case .turnedAway(.crowded, _): cut += 1
            case .received: isIn = true
            case .disconnected: break
            case let other: throw Meeting.Unexpected(event: String(describing: other))
            }
        }
        speaker.cancel()
        // Ten a second and dealer it would be if each came as often as the library lets it.
        #expect(cut <= 60, "\(cut)")
        for dealer in crowd { await dealer.close() }
        await gathering.router.close()
    }
}

import Tensors
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

    @Test(
        "tells those that it sends away why, and that no key is to blame, and they come in later",
        arguments: [Place.ipc, .tcp]
    )
    func farewells(place: Place) async throws {
        for hasKeys in [false, true] {
            let keys = try (router: SecretKey.generate(), dealer: SecretKey.generate())
            var settings = SocketSettings()
            settings.connections = 1
            let gathering = try await Gathering(
                at: place,
                settings: settings,
                key: hasKeys ? keys.router : nil,
                admitting: AllowList([keys.dealer.publicKey: "dealer"])
            )
            let client = hasKeys ? ClientKeys(secret: keys.dealer, server: keys.router.publicKey) : nil
            var resident = try await gathering.dealer(keys: client)
            #expect(await resident.next() == .connected)
            let refusal = Refused(.full, "there are 1 connections already, which is as many as are taken")
            var crowd: [DealerService] = []
            for _ in 0..<4 { crowd.append(try await gathering.dealer(keys: client).dealer) }
            await withTaskGroup { group in
                for dealer in crowd {
                    group.addTask {
                        var refusals = 0
                        for await event in dealer.events {
                            switch event {
                            case .connected: _ = try? await dealer.send(Parcel(.drain))
                            case .received(Parcel(.refused(refusal))): refusals += 1
                            case .disconnected: break
                            default: Issue.record("\(event)")
                            }
                            if refusals == 3 { break }
                        }
                    }
                }
            }
            await resident.dealer.close()
            for dealer in crowd[1...] { await dealer.close() }
            let last = crowd[0]
            let speaker = Task {
                while !Task.isCancelled {
                    _ = try? await last.send(Parcel(.started(TaskStarted(task: Hash(of: []), attempt: 1))))
                    try await Task.sleep(for: .milliseconds(20))
                }
            }
            // What those said that were sent away is not heard.
            for await case .received(let parcel, _) in gathering.router.events {
                #expect(parcel.message.kind == "started")
                break
            }
            speaker.cancel()
            await last.close()
            await gathering.router.close()
        }
    }

    @Test("does not count those that it has turned away and that have not gone")
    func room() async throws {
        var settings = SocketSettings()
        settings.connections = 1
        var gathering = try await Gathering(at: .tcp, settings: settings)
        let pause = Pause(gathering.router.loop)
        let leaver = try Stranger(to: gathering.address)
        #expect(await leaver.enter())
        let crowded = try Stranger(to: gathering.address)
        #expect(await crowded.enter())
        leaver.breakOff()
        // The library's thread has to notice before the next one comes.
        try await Task.sleep(for: .milliseconds(100))
        let guest = try Stranger(to: gathering.address)
        #expect(await guest.enter())
        await guest.send(Stranger.frame([42, 0]))
        pause.end()
        var (cut, heard) = (0, 0)
        while cut + heard < 2 {
            switch await gathering.next() {
            case .turnedAway(.crowded(limit: 1), _): cut += 1
            case .received: heard += 1
            case let other: throw Meeting.Unexpected(event: String(describing: other))
            }
        }
        #expect(cut == 1 && heard == 1)
        withExtendedLifetime((crowded, guest)) {}
        await gathering.router.close()
    }

    @Test("tears down the connections of those that are still about their introductions")
    func strangers() async throws {
        var settings = SocketSettings()
        settings.connections = 2
        let gathering = try await Gathering(at: .tcp, settings: settings, key: SecretKey.generate())
        let residents = try (0..<2).map { _ in try Stranger(to: gathering.address) }
        var events = gathering.router.events.makeAsyncIterator()
        let crowd = try (0..<100).map { _ in try Stranger(to: gathering.address) }
        for _ in crowd {
            guard case .turnedAway(.crowded(limit: 2), _) = await events.next() else {
                Issue.record("nobody is turned away")
                return
            }
        }
        for stranger in crowd { #expect(await stranger.isReset()) }
        withExtendedLifetime(residents) {}
        await gathering.router.close()
    }
}

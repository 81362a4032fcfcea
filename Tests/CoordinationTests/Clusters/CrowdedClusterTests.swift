import Execution
import Foundation
import Logging
import Synchronization
import Tasks
import Tensors
import TestSupport
import Testing
import Wire

@testable import Coordination

extension Clusters {
    @Suite("Clusters with keys to which many come")
    struct CrowdedClusterTests {
        @Test("take no more tasks of one key than are allowed, over however many connections, and go on with others")
        func slots() async throws {
            let court = try await Court(authorizing: ["gpu-1", "gpu-2"])
            let hello = Hello(
                numericsVersion: numericsVersion,
                name: "greedy",
                build: "",
                slots: WireLimits.slots,
                cores: 1,
                memoryLimitBytes: 0,
                processID: 1
            )
            func greet(_ key: String) async throws -> (client: DealerService, answer: Message?) {
                let client = try court.client(key)
                try await client.connect(to: court.address)
                let answer = try await within(.seconds(10)) { () -> Message? in
                    for await event in client.events {
                        if case .connected = event { try await client.send(Parcel(.hello(hello))) }
                        if case .received(let parcel) = event { return parcel.message }
                    }
                    return nil
                }
                return (client, answer)
            }
            var clients: [DealerService] = []
            for number in 0..<6 {
                let (client, answer) = try await greet(number == 5 ? "gpu-2" : "gpu-1")
                clients.append(client)
                if number == 4 {
                    guard case .refused(let refused)? = answer else {
                        Issue.record("\(String(describing: answer))")
                        continue
                    }
                    #expect(refused.code == .full)
                    #expect(
                        refused.sentence
                            == "workers with its key already have 16384 slots, and more than 16384 are not "
                            + "given to one key"
                    )
                } else {
                    guard case .welcome? = answer else {
                        Issue.record("\(number): \(String(describing: answer))")
                        continue
                    }
                }
            }
            for client in clients { await client.close() }
            await court.coordinator.stop()
        }

        @Test("take no more workers of one key than are allowed, however many come at once, and go on with others")
        func sessionsOfAKey() async throws {
            let court = try await Court(
                authorizing: ["gpu-1", "gpu-2"],
                interval: .seconds(5),
                timeout: .seconds(120)
            )
            let loop = try Loop(name: "crowd")
            let keys = try ["gpu-1", "gpu-2"].map { name in
                try WorkerKeys(file: "\(court.folder.path)/keys/\(name).secret").client
            }
            // The library lets each have some 300 of such clients.
            let transports = try (0..<5).map { _ in try Transport() }
            @Sendable func join(_ key: Int, _ number: Int) async throws -> (client: DealerService, answer: Message?) {
                let client = DealerService(on: loop, in: transports[number % 5], keys: keys[key])
                try await client.connect(to: court.address)
                for await event in client.events {
                    if case .connected = event { try await client.send(Parcel(.hello(Court.hello))) }
                    if case .received(let parcel) = event { return (client, parcel.message) }
                }
                return (client, nil)
            }
            let limit = Accounts.mostSessions
            var clients: [DealerService] = []
            var refusals: [Refused] = []
            // Some at a time, so that no handshake takes too long.
            for first in stride(from: 0, to: limit + 8, by: 32) {
                let numbers = first..<min(first + 32, limit + 8)
                try await withThrowingTaskGroup(of: (DealerService, Message?).self) { group in
                    for number in numbers { group.addTask { try await join(0, number) } }
                    for try await (client, answer) in group {
                        switch answer {
                        case .welcome?: clients.append(client)
                        case .refused(let refused)?:
                            refusals.append(refused)
                            await client.close()
                        default: Issue.record("\(String(describing: answer))")
                        }
                    }
                }
            }
            #expect(clients.count == limit)
            #expect(
                refusals.map(\.sentence)
                    == Array(
                        repeating: "there are 1024 workers with its key already, which is as many as are taken",
                        count: 8
                    )
            )
            #expect(refusals.allSatisfy { $0.code == .full })
            // Another key's workers come in, and one more of this key once another one has gone.
            let (other, welcome) = try await join(1, 0)
            #expect({ if case .welcome? = welcome { true } else { false } }(), "\(String(describing: welcome))")
            await clients.removeLast().close()
            let isGone = await eventually(within: .seconds(10)) { await court.coordinator.life.members.count == limit }
            #expect(isGone)
            let (next, again) = try await join(0, 1)
            #expect({ if case .welcome? = again { true } else { false } }(), "\(String(describing: again))")
            for client in clients + [other, next] { await client.close() }
            await court.coordinator.stop()
        }

        @Test("do not lose a worker for which there is no room: it does not blame its key, and comes in later")
        func crowd() async throws {
            let folder = try Folder()
            let keys = KeyFolder("\(folder.path)/keys")
            for name in ["coordinator", "gpu-1"] { try keys.generate(name) }
            try keys.authorize("gpu-1")
            let own = try CoordinatorKeys(file: "\(folder.path)/keys/coordinator.secret")
            var full = SocketSettings()
            full.connections = 0
            let router = try RouterService(
                on: Loop(name: "full"),
                in: Transport(),
                settings: full,
                key: own.pair.secret
            )
            let pair = try WorkerKeys(file: "\(folder.path)/keys/gpu-1.secret")
            await router.allow(AllowList([pair.pair.secret.publicKey: "gpu-1"]))
            let address = try await router.bind(to: Place.tcp.address())
            let log = LogLines()
            let worker = try Worker(
                connectingTo: address,
                in: Transport(),
                settings: WorkerSettings(name: "gpu-1", grace: .zero, protection: .keys(pair)),
                log: log.logger
            )
            let ending = Task { try await worker.ending() }
            // One whose key is wrong has had enough after seven.
            var count = 0
            for await case .turnedAway(.crowded(limit: 0), _) in router.events {
                count += 1
                if count == 8 { break }
            }
            await router.close()
            let coordinator = try Coordinator(
                in: Transport(),
                settings: CoordinatorSettings(protection: .keys(own)),
                log: Crew.log
            ) { _ in }
            let isListening = await eventually(within: .seconds(10)) {
                (try? await coordinator.listen(at: address)) != nil
            }
            #expect(isListening)
            let isIn = await eventually(within: .seconds(10)) { await coordinator.status().workers == ["gpu-1"] }
            #expect(isIn, "\(log.lines)")
            let told = "\(address) refuses: there are 0 connections already, which is as many as are taken"
            #expect(log.lines.contains(told), "\(log.lines)")
            await coordinator.stop()
            #expect(try await ending.value(within: .seconds(10)) == nil)
        }
    }
}

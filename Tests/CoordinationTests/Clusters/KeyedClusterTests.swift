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
    @Suite("Clusters with keys")
    struct KeyedClusterTests {
        /// A coordinator with a key, and workers with keys of their own.
        private final class Court: Sendable {
            let folder: Folder
            let keys: KeyFolder
            let transport: Transport
            let coordinator: Coordinator
            let address: Address
            let log = LogLines()

            init(
                authorizing names: [String],
                interval: Duration = .milliseconds(50),
                timeout: Duration = .seconds(2)
            ) async throws {
                folder = try Folder()
                keys = KeyFolder("\(folder.path)/keys")
                for name in ["coordinator"] + names { try keys.generate(name) }
                try keys.authorize("coordinator", name: "itself")
                for name in names { try keys.authorize(name) }
                transport = try Transport()
                let protection = Protection.keys(try CoordinatorKeys(file: "\(folder.path)/keys/coordinator.secret"))
                let settings = CoordinatorSettings(
                    heartbeatInterval: interval,
                    heartbeatTimeout: timeout,
                    protection: protection
                )
                coordinator = try Coordinator(
                    in: transport,
                    settings: settings,
                    log: log.logger
                ) { _ in }
                address = try await coordinator.listen(at: Place.tcp.address())
            }

            /// A worker that proves itself by a key of this name.
            func worker(_ key: String, expecting file: String? = nil) throws -> Worker {
                let keys = try WorkerKeys(file: "\(folder.path)/keys/\(key).secret", coordinator: file)
                let settings = WorkerSettings(name: key, grace: .zero, protection: .keys(keys))
                return try Worker(connectingTo: address, in: transport, settings: settings, log: Crew.log)
            }

            func client(_ key: String) throws -> DealerService {
                let keys = try WorkerKeys(file: "\(folder.path)/keys/\(key).secret")
                return try DealerService(on: Loop(name: key), in: transport, keys: keys.client)
            }

            func key(_ name: String) throws -> String { try keys.publicKey(name).key }
        }

        private static func ending(of worker: Worker) async throws -> ClusterError? {
            let run = Task { try await worker.run() }
            do {
                try await run.value(within: .seconds(20))
                return nil
            } catch let error as ClusterError {
                return error
            }
        }

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
                    if case .connected = event { try await client.send(Parcel(.hello(Self.hello))) }
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

        @Test("run a job for those who are authorized, and tell the others what to do")
        func admission() async throws {
            let court = try await Court(authorizing: ["gpu-1"])
            try court.keys.generate("gpu-2")
            let running = Task { try await court.worker("gpu-1").run() }
            let program = try Example.doubling(4)
            let x = Example.vector(4)
            func run(_ seed: Int) async throws -> TensorValue {
                let outputs = try await court.coordinator.run(
                    program,
                    Work(.round(seed), inputs: [.value(Example.vector(4, seed: seed))])
                )
                return try await outputs["y"].value
            }
            #expect(try await run(1) == TensorValue(x.floats.map { 2 * $0 }, shape: [4]))

            let unlisted = try court.key("gpu-2")
            let refusal = try await Self.ending(of: court.worker("gpu-2"))
            #expect(
                refusal?.description
                    == "The coordinator at \(court.address) does not let in the key of gpu-2 (\(unlisted)): it is not "
                    + "authorized, or not any more. On its machine, run: troupe keys authorize \(unlisted) --name gpu-2"
            )
            let told =
                "Somebody at 127.0.0.1 was turned away: its key \(unlisted) is not authorized; "
                + "`troupe keys authorize \(unlisted)` lets it in."
            let isTold = await eventually(within: .seconds(10)) { court.log.lines.contains(told) }
            #expect(isTold, "\(court.log.lines)")

            // One that was told of another coordinator's key.
            let misled = try await Self.ending(
                of: court.worker("gpu-1", expecting: "\(court.folder.path)/keys/gpu-2.public")
            )
            #expect(
                misled?.description
                    == "Who listens at \(court.address) ends each connection as soon as this worker introduces itself, as a "
                    + "coordinator does that does not have the key \(unlisted). Compare it with `troupe keys show` on the "
                    + "coordinator's machine. If it is the same, there is no room for more connections, at the coordinator "
                    + "or on the way there."
            )
            let keyless = try Worker(
                connectingTo: court.address,
                in: court.transport,
                settings: WorkerSettings(name: "keyless"),
                log: Crew.log
            )
            #expect(try await Self.ending(of: keyless)?.description.contains("it has none. Make one with") == true)
            _ = try await run(2)

            // Authorized while the job runs.
            try court.keys.authorize("gpu-2")
            let second = Task { try await court.worker("gpu-2").run() }
            let isThere = await eventually(within: .seconds(10)) {
                await court.coordinator.status().workers.sorted() == ["gpu-1", "gpu-2"]
            }
            #expect(isThere)
            await court.coordinator.stop()
            try await running.value(within: .seconds(10))
            try await second.value(within: .seconds(10))
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
            let ending = Task { try await Self.ending(of: worker) }
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

        @Test("drop a worker whose key is revoked in the midst of a task, which another one does")
        func revocation() async throws {
            let court = try await Court(authorizing: ["gpu-1", "gpu-2"])
            let leaving = try court.worker("gpu-1")
            let ending = Task { try await Self.ending(of: leaving) }
            let program = try Example.slow(rounds: 1_500)
            let result = Task {
                try await court.coordinator.run(program, Work(.round(0), inputs: [Example.one]))["x"].value
            }
            let isRunning = await eventually(within: .seconds(10)) {
                await court.coordinator.status().running.contains { $0.worker == "gpu-1" && $0.step > 0 }
            }
            #expect(isRunning)
            try court.keys.revoke("gpu-1")
            let refused = try await ending.value(within: .seconds(20))
            #expect(refused == .refused("its key is not authorized any more"))
            let staying = Task { try await court.worker("gpu-2").run() }
            _ = try await result.value(within: .seconds(60))
            #expect(await court.coordinator.status().workers == ["gpu-2"])
            await court.coordinator.stop()
            try await staying.value(within: .seconds(10))
        }

        @Test("let nobody in, and send nobody away, while the list cannot be read")
        func unreadableList() async throws {
            let court = try await Court(authorizing: ["gpu-1", "gpu-2"])
            let running = Task { try await court.worker("gpu-1").run() }
            let isThere = await eventually(within: .seconds(10)) {
                await court.coordinator.status().workers == ["gpu-1"]
            }
            #expect(isThere)
            try court.folder.write("nonsense", to: "keys/authorized")
            let isTold = await eventually(within: .seconds(10)) {
                court.log.lines.contains { $0.contains("Until then no other worker is let in.") }
            }
            #expect(isTold)
            #expect(try await Self.ending(of: court.worker("gpu-2")) != nil)
            #expect(await court.coordinator.status().workers == ["gpu-1"])
            await court.coordinator.stop()
            try await running.value(within: .seconds(10))
        }

        /// Greets as the owner of a key.
        private static func join(
            _ court: Court,
            _ key: String,
            previous: UInt64
        ) async throws -> (client: DealerService, session: UInt64) {
            let client = try court.client(key)
            try await client.connect(to: court.address)
            let session = try await within(.seconds(10)) { () -> UInt64? in
                for await event in client.events {
                    switch event {
                    case .connected:
                        var hello = Self.hello
                        hello.previousSession = previous
                        try await client.send(Parcel(.hello(hello)))
                    case .received(let parcel):
                        if case .welcome(let welcome) = parcel.message { return welcome.session }
                    default: break
                    }
                }
                return nil
            }
            return (client, try #require(session))
        }

        @Test("take no result of a task that was given to another key, however well it is made")
        func theft() async throws {
            let court = try await Court(authorizing: ["gpu-1", "gpu-2"])
            let (thief, _) = try await Self.join(court, "gpu-2", previous: 0)
            // So that the task is given to the other.
            try await thief.send(Parcel(.drain))
            let isDrained = await eventually(within: .seconds(10)) {
                await court.coordinator.life.scheduler.workers.values.contains { $0.isDraining }
            }
            #expect(isDrained)
            let (owner, session) = try await Self.join(court, "gpu-1", previous: 0)
            let program = try Example.doubling(4)
            let (x, lie) = (Example.vector(4), Example.vector(4, seed: 9))
            let truth = TensorValue(x.floats.map { 2 * $0 }, shape: [4])
            let result = Task {
                try await court.coordinator.run(program, Work(.round(0), inputs: [.value(x)]))["y"].value
            }
            let assignment = try await within(.seconds(10)) { () -> Assignment? in
                for await case .received(let parcel) in owner.events {
                    if case .assignment(let assignment) = parcel.message { return assignment }
                }
                return nil
            }
            let task = try #require(assignment)
            func claim(_ value: TensorValue) -> Parcel {
                let output = TaskOutput(TensorBlob(name: value.hash, type: value.type), isAttached: true)
                let finished = TaskFinished(
                    task: task.task,
                    attempt: task.attempt,
                    outputs: [output],
                    wallNanoseconds: 0
                )
                return Parcel(.finished(finished), frames: [Frame(value.blob)])
            }
            try await thief.send(claim(lie))
            // Now as the owner's successor.
            await thief.close()
            let (again, _) = try await Self.join(court, "gpu-2", previous: session)
            try await again.send(claim(lie))
            // What comes after it shows that it was heard.
            try await again.send(Parcel(.goodbye(Goodbye(.stopping))))
            let isGone = await eventually(within: .seconds(10)) { await court.coordinator.life.members.count == 1 }
            #expect(isGone)
            try await owner.send(claim(truth))
            #expect(try await result.value(within: .seconds(10)) == truth)
            for client in [owner, again] { await client.close() }
            await court.coordinator.stop()
        }

        @Test("give a session back to the key that had it, and to no other")
        func sessions() async throws {
            let court = try await Court(authorizing: ["gpu-1", "gpu-2"])
            let (owner, session) = try await Self.join(court, "gpu-1", previous: 0)
            let (thief, other) = try await Self.join(court, "gpu-2", previous: session)
            #expect(other != session)
            // The owner is still there, and its session is.
            #expect(await court.coordinator.life.members.count == 2)
            #expect(await court.coordinator.life.members[WorkerID(session: session)] != nil)
            #expect(court.log.lines.contains("stranger claims a session of another key, and begins anew instead."))
            let (again, _) = try await Self.join(court, "gpu-1", previous: session)
            #expect(await court.coordinator.life.members.count == 2)
            #expect(await court.coordinator.life.members[WorkerID(session: session)] == nil)
            for client in [owner, thief, again] { await client.close() }
            await court.coordinator.stop()
        }

        private static let hello = Hello(
            numericsVersion: numericsVersion,
            name: "stranger",
            build: "",
            slots: 1,
            cores: 1,
            memoryLimitBytes: 0,
            processID: 1
        )

        @Test("are the only ones that other machines can reach, unless somebody wants otherwise")
        func policy() async throws {
            for text in ["tcp://0.0.0.0:*", "tcp://*:*", "tcp://192.0.2.7:7077", "tcp://[::]:7077"] {
                let coordinator = try Coordinator()
                await #expect(throws: ClusterError.unprotected(text)) { try await coordinator.listen(at: text) }
                await coordinator.stop()
            }
            for text in ["tcp://192.0.2.7:7077", "tcp://example.org:7077"] {
                #expect(throws: ClusterError.unprotected(text)) { try Worker(connectingTo: text) }
            }
            let log = LogLines()
            let open = try Coordinator(settings: CoordinatorSettings(protection: .none), log: log.logger)
            let address = try await open.listen(at: "tcp://0.0.0.0:*")
            #expect(
                log.lines == [
                    "tcp://0.0.0.0:* is open to other machines, in clear text and to anybody, as was asked for."
                ]
            )
            #expect(address.hasPrefix("tcp://0.0.0.0:"))
            await open.stop()
        }
    }
}

/// What was logged.
private final class LogLines: Sendable {
    private let seen = Mutex<[String]>([])

    var lines: [String] { seen.withLock { $0 } }

    /// A log whose warnings and errors are kept here.
    var logger: Logger {
        var logger = Logger(label: "test") { _ in Handler(lines: self) }
        logger.logLevel = .warning
        return logger
    }

    private struct Handler: LogHandler {
        let lines: LogLines
        var logLevel = Logger.Level.warning
        var metadata: Logger.Metadata = [:]

        init(lines: LogLines) { self.lines = lines }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { lines.seen.withLock { $0.append("\(event.message)") } }
    }
}

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
            let refusal = try await court.worker("gpu-2").ending()
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
            let misled = try await court.worker("gpu-1", expecting: "\(court.folder.path)/keys/gpu-2.public").ending()
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
            #expect(try await keyless.ending()?.description.contains("it has none. Make one with") == true)
            _ = try await run(2)

            // Authorized while the job runs.
            try court.keys.authorize("gpu-2")
            let second = Task { try await court.worker("gpu-2").run() }
            let isThere = await eventually(within: .seconds(10)) {
                await court.coordinator.status().workers.sorted() == ["gpu-1", "gpu-2"]
            }
            #expect(isThere)
            await court.coordinator.stop()
            #expect(try await running.value(within: .seconds(10)) == .done)
            #expect(try await second.value(within: .seconds(10)) == .done)
        }

        @Test("drop a worker whose key is revoked in the midst of a task, which another one does")
        func revocation() async throws {
            let court = try await Court(authorizing: ["gpu-1", "gpu-2"])
            let leaving = try court.worker("gpu-1")
            let ending = Task { try await leaving.ending() }
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
            #expect(
                refused
                    == .refused(
                        "its key is not authorized any more. `troupe keys authorize`, on the coordinator's machine, lets it in "
                            + "again."
                    )
            )
            let staying = Task { try await court.worker("gpu-2").run() }
            _ = try await result.value(within: .seconds(60))
            #expect(await court.coordinator.status().workers == ["gpu-2"])
            await court.coordinator.stop()
            #expect(try await staying.value(within: .seconds(10)) == .done)
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
            #expect(try await court.worker("gpu-2").ending() != nil)
            #expect(await court.coordinator.status().workers == ["gpu-1"])
            await court.coordinator.stop()
            #expect(try await running.value(within: .seconds(10)) == .done)
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
                        var hello = Court.hello
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

import Execution
import Tasks
import Tensors
import TestSupport
import Testing
import Wire

@testable import Coordination

extension Clusters {
    @Suite("Hostile peers")
    struct HostilePeerTests {
        private static func hello(numerics: UInt32 = numericsVersion, previous: UInt64 = 0, slots: Int = 1) -> Message {
            .hello(
                Hello(
                    numericsVersion: numerics,
                    name: "stranger",
                    build: "",
                    slots: slots,
                    cores: 1,
                    memoryLimitBytes: 0,
                    processID: 1,
                    previousSession: previous
                )
            )
        }

        /// The next message that comes.
        private static func next(_ events: inout AsyncStream<DealerEvent>.Iterator) async -> Message? {
            while let event = await events.next() {
                if case .received(let parcel) = event { return parcel.message }
            }
            return nil
        }

        @Test("a worker of other numerics is refused with a sentence that says what to do", arguments: Place.allCases)
        func numerics(place: Place) async throws {
            let crew = try await Crew(at: place)
            let stranger = try DealerService(on: Loop(name: "stranger"), in: crew.transport)
            try await stranger.connect(to: crew.address)
            let refusal = try await within(.seconds(10)) { () -> Message? in
                var events = stranger.events.makeAsyncIterator()
                _ = await events.next()
                try await stranger.send(Parcel(Self.hello(numerics: numericsVersion + 1)))
                return await Self.next(&events)
            }
            guard case .refused(let refused)? = refusal else {
                Issue.record("\(String(describing: refusal))")
                return
            }
            #expect(refused.code == .numericsMismatch)
            #expect(
                refused.sentence == "it computes by numerics version \(numericsVersion + 1), this coordinator by "
                    + "\(numericsVersion), so their bits would differ. Run the same release of troupe on both sides."
            )
            await stranger.close()
            await crew.coordinator.stop()
        }

        @Test("a worker that is refused for good ends with the coordinator's sentence")
        func refusedWorker() async throws {
            let transport = try Transport()
            let router = try RouterService(on: Loop(name: "router"), in: transport)
            let address = try await router.bind(to: Place.tcp.address())
            let worker = try Worker(
                connectingTo: address,
                in: transport,
                settings: WorkerSettings(name: "a"),
                log: Crew.log
            )
            let run = Task { try await worker.run() }
            try await within(.seconds(10)) {
                for await case .received(_, let peer) in router.events {
                    try await router.send(Parcel(.refused(Refused(.numericsMismatch, "other bits"))), to: peer)
                    return
                }
            }
            await #expect(throws: ClusterError.refused("other bits")) {
                try await run.value(within: .seconds(10))
            }
            await router.close()
        }

        /// Connects, and greets as a worker would.
        private func greet(
            _ stranger: DealerService,
            _ address: Address,
            _ events: inout AsyncStream<DealerEvent>.Iterator,
            slots: Int = 1
        ) async throws -> Message? {
            try await stranger.connect(to: address)
            _ = await events.next()
            try await stranger.send(Parcel(Self.hello(slots: slots)))
            return await Self.next(&events)
        }

        @Test("one that floods the coordinator is told so and sent away, and others go on", arguments: [false, true])
        func flood(greets: Bool) async throws {
            let crew = try await Crew(at: .tcp)
            let worker = try crew.work(as: "honest", slots: 2)
            let stranger = try DealerService(on: Loop(name: "stranger"), in: crew.transport)
            let talk = Task {
                var events = stranger.events.makeAsyncIterator()
                if greets {
                    let answer = try await greet(stranger, crew.address, &events)
                    #expect(answer?.kind == "welcome")
                } else {
                    try await stranger.connect(to: crew.address)
                    _ = await events.next()
                }
                let flood = Task {
                    // Small ones, and such that take time to look at.
                    let lie = Frame([UInt8](repeating: 0, count: 40_000))
                    let tensor = TensorBlob(name: Hash(of: [1]), type: TensorType(.u8, [40_000 - 16]))
                    let output = TaskOutput(tensor, isAttached: true)
                    let finished = TaskFinished(task: Hash(of: [2]), attempt: 1, outputs: [output], wallNanoseconds: 0)
                    while !Task.isCancelled {
                        for _ in 0..<64 { _ = try await stranger.send(Parcel(.heartbeat(Heartbeat(session: 5)))) }
                        guard try await stranger.send(Parcel(.finished(finished), frames: [lie])) == .underWay else {
                            break
                        }
                    }
                }
                var refusal: Refused?
                while let event = await events.next() {
                    if case .received(let parcel) = event, case .refused(let refused) = parcel.message,
                        refused.code == .full
                    {
                        refusal = refused
                    }
                    if case .disconnected = event { break }
                }
                flood.cancel()
                try await flood.value
                return refusal
            }
            let program = try Example.doubling(4)
            let inputs = (0..<150).map { Example.vector(4, seed: $0) }
            let outputs = try await crew.coordinator.map(program, over: inputs) {
                Work(.round(0), inputs: [.value($0)])
            }
            #expect(outputs.count == inputs.count)
            let refusal = try await talk.value(within: .seconds(60))
            #expect(
                refusal?.sentence == "too much came that nobody had asked for: more than 65536 messages, and 4096 more "
                    + "each second"
            )
            let another = try await crew.coordinator.run(program, Work(.round(1), inputs: [.value(Example.vector(4))]))
            #expect(try await another["y"].value == TensorValue(Example.vector(4).floats.map { 2 * $0 }, shape: [4]))
            await stranger.close()
            await crew.coordinator.stop()
            try await worker.value(within: .seconds(10))
        }

        @Test("workers that are busy with many small tasks spend hardly anything of what nobody asked for")
        func honest() async throws {
            let crew = try await Crew(at: .tcp)
            let workers = try (0..<2).map { try crew.work(as: "honest \($0)", slots: 8) }
            let program = try Example.doubling(4)
            let inputs = (0..<4_000).map { Example.vector(4, seed: $0) }
            _ = try await crew.coordinator.map(program, over: inputs) { Work(.round(0), inputs: [.value($0)]) }
            let least = try #require(await crew.coordinator.life.accounts.leastPoints)
            #expect(least > Allowance.reserve - 100, "heartbeats only")
            await crew.coordinator.stop()
            for worker in workers { try await worker.value(within: .seconds(10)) }
        }

        /// Messages of every kind, with contents that a stranger could know or make up.
        private static func message(about tasks: [Hash], _ random: inout Seeded) -> Parcel {
            let task =
                random.oneIn(3)
                ? Hash(of: [UInt8.random(in: 0...9, using: &random)])
                : tasks[Int.random(in: 0..<tasks.count, using: &random)]
            let attempt = Int.random(in: 1...3, using: &random)
            let lie = Example.vector(4, seed: Int.random(in: 50...60, using: &random))
            let frame = Frame(lie.blob)
            let tensor = TensorBlob(name: random.oneIn(2) ? lie.hash : task, type: lie.type)
            let codes = TaskFailed.Code.allCases
            switch Int.random(in: 0..<16, using: &random) {
            case 0..<4:
                let outputs = Array(
                    repeating: TaskOutput(tensor, isAttached: true),
                    count: Int.random(in: 0...2, using: &random)
                )
                let finished = TaskFinished(task: task, attempt: attempt, outputs: outputs, wallNanoseconds: 0)
                return Parcel(.finished(finished), frames: outputs.map { _ in frame })
            case 4:
                let output = TaskOutput(TensorBlob(name: lie.hash, type: lie.type), isAttached: false)
                return Parcel(
                    .finished(TaskFinished(task: task, attempt: attempt, outputs: [output], wallNanoseconds: 9))
                )
            case 5, 6:
                let code = codes[Int.random(in: 0..<codes.count, using: &random)]
                return Parcel(.failed(TaskFailed(task: task, attempt: attempt, code: code, sentence: "a lie")))
            case 7: return Parcel(.started(TaskStarted(task: task, attempt: attempt)))
            case 8:
                return Parcel(
                    .heartbeat(
                        Heartbeat(session: 5, tasks: [TaskProgress(task: task, attempt: attempt, step: 0, total: 0)])
                    )
                )
            case 9: return Parcel(.blobChunk(BlobChunk(name: task, offset: 0, total: frame.count)), frames: [frame])
            case 10: return Parcel(.blobMissing(BlobMissing(name: task)))
            case 11: return Parcel(.blobRequest(BlobRequest(name: task, offset: 1 << 40)))
            case 12: return Parcel(.accepted(TaskAccepted(task: task, attempt: attempt)))
            case 13: return Parcel(.release(Release(names: [task])))
            case 14: return Parcel(.cancel(CancelTask(task: task, attempt: attempt)))
            default: return Parcel(.refused(Refused(.malformed, "you too")))
            }
        }

        @Test(
            "what strangers say, before and after a greeting, changes no result",
            arguments: [Place.inproc, .tcp],
            [false, true]
        )
        func strangers(place: Place, greets: Bool) async throws {
            let crew = try await Crew(at: place)
            let program = try Example.doubling(4)
            let inputs = (0..<150).map { Example.vector(4, seed: $0) }
            let tasks = inputs.map { Hash.ofTask(program: program.hash, inputs: [$0.hash]) }
            var strangers: [DealerService] = []
            for _ in 0..<3 {
                let stranger = try DealerService(on: Loop(name: "stranger"), in: crew.transport)
                try await stranger.connect(to: crew.address)
                try await within(.seconds(10)) {
                    var events = stranger.events.makeAsyncIterator()
                    _ = await events.next()
                    guard greets else { return }
                    // Before there is work, so that it is given none.
                    try await stranger.send(Parcel(Self.hello()))
                    _ = await Self.next(&events)
                    try await stranger.send(Parcel(.drain))
                }
                strangers.append(stranger)
            }
            if greets {
                let isDrained = await eventually(within: .seconds(10)) {
                    await crew.coordinator.life.scheduler.workers.values.count { $0.isDraining } == 3
                }
                #expect(isDrained)
            }
            let worker = try crew.work(as: "honest", slots: 2)
            let talk = strangers.enumerated().map { number, stranger in
                Task {
                    var random = Seeded(UInt64(number))
                    for _ in 0..<1_500 { _ = try await stranger.send(Self.message(about: tasks, &random)) }
                }
            }
            let values = try await within(.seconds(30)) {
                var values: [TensorValue] = []
                let outputs = try await crew.coordinator.map(program, over: inputs) {
                    Work(.round(0), inputs: [.value($0)])
                }
                for output in outputs { values.append(try await output["y"].value) }
                return values
            }
            #expect(values == inputs.map { TensorValue($0.floats.map { 2 * $0 }, shape: [4]) })
            for task in talk { try await task.value }
            for stranger in strangers { await stranger.close() }
            await crew.coordinator.stop()
            try await worker.value(within: .seconds(10))
        }

        @Test("results with wrong types or other content than their names are not taken, and the task goes elsewhere")
        func wrongResults() async throws {
            let crew = try await Crew(at: .tcp)
            let stranger = try DealerService(on: Loop(name: "stranger"), in: crew.transport)
            try await stranger.connect(to: crew.address)
            let program = try Example.doubling(4)
            let x = Example.vector(4)
            let result = Task {
                try await crew.coordinator.run(program, Work(.round(0), inputs: [.value(x)]))["y"].value
            }
            let isWaiting = await eventually(within: .seconds(10)) { await crew.coordinator.status().waiting == 1 }
            #expect(isWaiting)
            let heard = try await within(.seconds(10)) { () -> [String] in
                var events = stranger.events.makeAsyncIterator()
                _ = await events.next()
                try await stranger.send(Parcel(Self.hello()))
                var heard: [String] = []
                let lie = Example.vector(5)
                while let message = await Self.next(&events) {
                    if case .heartbeat = message { continue }
                    heard.append(message.kind)
                    guard case .assignment(let assignment) = message else {
                        if heard.count == 4 { break }
                        continue
                    }
                    let isTyped = assignment.attempt > 1
                    let tensor = TensorBlob(name: Hash(of: [1]), type: isTyped ? x.type : lie.type)
                    let finished = TaskFinished(
                        task: assignment.task,
                        attempt: assignment.attempt,
                        outputs: [TaskOutput(tensor, isAttached: true)],
                        wallNanoseconds: 0
                    )
                    try await stranger.send(Parcel(.finished(finished), frames: [Frame((isTyped ? x : lie).blob)]))
                }
                return heard
            }
            #expect(heard == ["welcome", "assignment", "accepted", "release"])
            let worker = try crew.work(as: "honest")
            await stranger.close()
            let value = try await result.value(within: .seconds(10))
            #expect(value == TensorValue(x.floats.map { 2 * $0 }, shape: [4]))
            await crew.coordinator.stop()
            try await worker.value(within: .seconds(10))
        }

        @Test("a worker that refuses what it is sent keeps nothing from others")
        func refusingWorker() async throws {
            let crew = try await Crew(at: .tcp)
            let stranger = try DealerService(on: Loop(name: "stranger"), in: crew.transport)
            try await stranger.connect(to: crew.address)
            let program = try Example.doubling(4)
            let x = Example.vector(4)
            let result = Task {
                try await crew.coordinator.run(program, Work(.round(0), inputs: [.value(x)]))["y"].value
            }
            try await within(.seconds(10)) {
                var events = stranger.events.makeAsyncIterator()
                _ = await events.next()
                try await stranger.send(Parcel(Self.hello()))
                while let message = await Self.next(&events) {
                    guard case .assignment = message else { continue }
                    try await stranger.send(Parcel(.refused(Refused(.malformed, "what is this?"))))
                    break
                }
            }
            // The stranger stays connected.
            let worker = try crew.work(as: "honest")
            let value = try await result.value(within: .seconds(10))
            #expect(value == TensorValue(x.floats.map { 2 * $0 }, shape: [4]))
            await stranger.close()
            await crew.coordinator.stop()
            try await worker.value(within: .seconds(10))
        }

        @Test("a coordinator that says anything at any time does a worker no harm", arguments: [Place.inproc, .ipc])
        func hostileCoordinator(place: Place) async throws {
            for seed in 0..<8 as Range<UInt64> {
                let transport = try Transport()
                let router = try RouterService(on: Loop(name: "router"), in: transport)
                let address = try await router.bind(to: place.address())
                let settings = WorkerSettings(name: "a", slots: 2, memoryLimit: 1 << 20)
                let worker = try Worker(connectingTo: address, in: transport, settings: settings, log: Crew.log)
                let run = Task { try await worker.run() }
                let program = try Example.doubling(4)
                let packed = try program.flat.encoded()
                let peer = try await within(.seconds(10)) { () -> PeerID? in
                    for await case .received(_, let peer) in router.events { return peer }
                    return nil
                }
                let found = try #require(peer)
                var random = Seeded(seed)
                let welcome = Welcome(
                    session: 7,
                    heartbeatInterval: .milliseconds(50),
                    heartbeatTimeout: .seconds(30),
                    build: ""
                )
                try await router.send(Parcel(.welcome(welcome)), to: found)
                for _ in 0..<300 {
                    let x = Example.vector(4, seed: Int.random(in: 0..<4, using: &random))
                    let tensor = TensorBlob(name: x.hash, type: random.oneIn(5) ? TensorType(.f32, [1 << 30]) : x.type)
                    let hash = random.oneIn(4) ? x.hash : program.hash
                    let task = random.oneIn(4) ? x.hash : Hash.ofTask(program: program.hash, inputs: [x.hash])
                    let attached = tensor.type == x.type && random.oneIn(2)
                    let assignment = Assignment(
                        task: task,
                        attempt: Int.random(in: 1...3, using: &random),
                        role: .round(0),
                        program: ProgramBlob(hash: hash, name: .ofBlob(packed), byteCount: packed.count),
                        inputs: Array(repeating: tensor, count: Int.random(in: 0...2, using: &random)),
                        attached: [.ofBlob(packed)]
                    )
                    var parcel = Parcel(.assignment(assignment), frames: [Frame(packed)])
                    if attached, !assignment.inputs.isEmpty, case .assignment(var with) = parcel.message {
                        with.attached.append(x.hash)
                        let other = Example.vector(4, seed: random.oneIn(3) ? 99 : 0)
                        parcel = Parcel(.assignment(with), frames: parcel.frames + [Frame(other.blob)])
                    }
                    if random.oneIn(2) { parcel = Self.message(about: [task, x.hash], &random) }
                    try await router.send(parcel, to: found)
                }
                try await router.send(Parcel(.goodbye(Goodbye(.done))), to: found)
                #expect(try await run.value(within: .seconds(20)) == .done)
                await router.close()
            }
        }
    }
}

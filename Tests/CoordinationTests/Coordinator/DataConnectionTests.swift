import Tasks
import Tensors
import Testing

@testable import Coordination
@testable import Wire

@Suite("Data connections")
struct DataConnectionTests {
    private static let (control, data) = (PeerID(number: 1), PeerID(number: 2))
    private static func key(_ number: UInt8) -> PublicKey { PublicKey(bytes: Array(repeating: number, count: 32)) }

    /// A coordinator's life, in which nothing takes time.
    private struct Story {
        var life: CoordinatorLife
        var now = Instant(nanoseconds: 0)

        init(recording: Bool = false, fetchedBytes: Int = 64 << 20) {
            var settings = CoordinatorLife.Settings(numericsVersion: 1)
            settings.isRecording = recording
            settings.fetchedBytes = fetchedBytes
            life = CoordinatorLife(settings)
        }

        @discardableResult
        mutating func tell(_ event: CoordinatorLife.Event) -> [CoordinatorLife.Action] { life.handle(event, at: now) }
        @discardableResult
        mutating func hear(
            _ message: Message,
            from peer: PeerID = control,
            byteCount: Int = 0,
            resendPause: Duration? = nil
        ) -> [CoordinatorLife.Action] {
            tell(.said(message, by: peer, CoordinatorLife.Content(byteCount: byteCount, resendPause: resendPause)))
        }

        /// Lets a worker join.
        ///
        /// - Returns: what it was told.
        mutating func join(
            as peer: PeerID = control,
            at address: String? = nil,
            with key: PublicKey? = nil,
            after session: UInt64 = 0,
            token: UInt64 = 9,
            resendPause: Duration? = nil
        ) throws -> Welcome {
            let hello = HonestWorker.greeting("worker", slots: 4, previousSession: session)
            let actions = tell(
                .greeted(hello, by: peer, at: address, with: key, resendPause: resendPause, lot: 3, token: token)
            )
            let welcomes = actions.compactMap { if case .send(.welcome(let it), _, peer) = $0 { it } else { nil } }
            return try #require(welcomes.first)
        }

        /// Has a task done whose outputs are not attached.
        mutating func finish(_ task: TaskSpecification, by peer: PeerID = control) -> [CoordinatorLife.Action] {
            var attempt = 0
            for case .send(.assignment(let assignment), _, _) in tell(.submitted(task, given: [])) {
                attempt = assignment.attempt
            }
            let output = TaskOutput(output(of: task), isAttached: false)
            let finished = TaskFinished(task: task.task, attempt: attempt, outputs: [output], wallNanoseconds: 1)
            return hear(.finished(finished), from: peer)
        }
    }

    private static func output(of task: TaskSpecification) -> TensorBlob { tensor("output of \(task.task)", 1 << 20) }

    private static func tensor(_ name: String, _ byteCount: Int) -> TensorBlob {
        TensorBlob(name: Hash(of: Array(name.utf8)), type: TensorType(.u8, [byteCount]))
    }

    private static func task(_ number: Int, inputs: [TensorBlob]) -> TaskSpecification {
        let program = Truth.program(number)
        return TaskSpecification(
            task: Hash.ofTask(program: program.hash, inputs: inputs.map(\.name)),
            role: .round(number),
            program: program,
            inputs: inputs,
            outputs: [TensorType(.u8, [1 << 20])],
            keeping: .recorded
        )
    }

    @Test("who comes over a long way is told that both sides may be silent for longer, and is dismissed no sooner")
    func longWay() throws {
        for (pause, silence) in [(0, 1_950), (200, 1_950), (279, 1_953), (1_000, 7_000), (3_000, 15_000)] {
            var story = Story()
            let welcome = try story.join(resendPause: .milliseconds(pause))
            #expect(welcome.heartbeatTimeout == .milliseconds(silence))
            let end = story.now.advanced(by: .milliseconds(silence))
            #expect(story.life.silenceEnd == end.advanced(by: .milliseconds(1)))
            story.now = end
            #expect(!story.tell(.tick).contains { if case .report(.left) = $0 { true } else { false } })
            story.now = story.life.silenceEnd ?? end
            let reasons = story.tell(.tick).compactMap { action in
                if case .report(.left(_, let reason, _)) = action { reason } else { nil }
            }
            #expect(reasons == ["nothing was heard from it for \(Duration.milliseconds(silence))"])
        }
    }

    @Test("with each heartbeat it is looked again how long the way is, and the worker is told with the next one")
    func changingWay() throws {
        var story = Story()
        let session = try story.join(resendPause: .milliseconds(700)).session
        for (pause, silence) in [(700, 4_900), (400, 2_800), (200, 1_950), (220, 1_950), (5_000, 15_000), (250, 1_950)]
        {
            story.now = story.now.advanced(by: .milliseconds(500))
            let heartbeat = Message.heartbeat(Heartbeat(session: session))
            story.hear(heartbeat, resendPause: .milliseconds(pause))
            let end = story.now.advanced(by: .milliseconds(silence + 1))
            #expect(story.life.silenceEnd == end)
            let answer = Message.heartbeat(Heartbeat(session: session, timeout: .milliseconds(silence)))
            #expect(story.tell(.tick).contains(.send(answer, to: Self.control)))
        }
        let end = try #require(story.life.silenceEnd)
        story.now = end
        let reasons = story.tell(.tick).compactMap { action in
            if case .report(.left(_, let reason, _)) = action { reason } else { nil }
        }
        #expect(reasons == ["nothing was heard from it for 1.95 seconds"])
    }

    @Test("only who was told the secret of a session, and has its key, brings and gets blobs")
    func secrets() throws {
        for hasKeys in [false, true] {
            let own = hasKeys ? Self.key(1) : nil
            var story = Story()
            let session = try story.join(with: own).session
            _ = try story.join(as: PeerID(number: 7), with: hasKeys ? Self.key(2) : nil, token: 8)
            let request = BlobRequest(name: Hash(of: [1]), offset: 0)
            var attempts: [(DataHello, PeerID, PublicKey?)] = [
                (DataHello(session: session, token: 8), Self.data, own),
                (DataHello(session: session + 1, token: 9), Self.data, own),
                (DataHello(session: session, token: 9), Self.control, own),
                (DataHello(session: session, token: 9), PeerID(number: 7), own),
            ]
            if hasKeys { attempts.append((DataHello(session: session, token: 9), Self.data, Self.key(2))) }
            for (hello, peer, key) in attempts {
                let actions = story.tell(.offeredData(hello, by: peer, with: key))
                #expect(actions.contains { if case .send(.refused, _, peer) = $0 { true } else { false } }, "\(hello)")
                #expect(!actions.contains(.admit(peer)))
                #expect(!story.hear(.blobRequest(request), from: peer).contains(.answer(request, to: peer)))
            }
            let right = DataHello(session: session, token: 9)
            #expect(story.tell(.offeredData(right, by: Self.data, with: own)) == [.admit(Self.data)])
            #expect(story.hear(.blobRequest(request), from: Self.data) == [.answer(request, to: Self.data)])
            // A second one takes its place, and with the session it ends.
            let next = PeerID(number: 3)
            let second = DataHello(session: session, token: 9, number: 2)
            story.tell(.offeredData(second, by: next, with: own))
            // The greeting of one that was given up before may come later.
            let late = story.tell(.offeredData(right, by: PeerID(number: 4), with: own))
            #expect(!late.contains(.admit(PeerID(number: 4))))
            #expect(!story.hear(.blobRequest(request), from: Self.data).contains(.answer(request, to: Self.data)))
            #expect(story.hear(.blobRequest(request), from: next) == [.answer(request, to: next)])
            story.tell(.disconnected(Self.control))
            #expect(!story.hear(.blobRequest(request), from: next).contains(.answer(request, to: next)))
            #expect(story.life.dataSessions.isEmpty)
        }
    }

    @Test("a worker is summoned when its blob is wanted, asked over its data connection, and again over the next one")
    func summons() throws {
        var story = Story(recording: true)
        let session = try story.join().session
        let hello = DataHello(session: session, token: 9)
        var actions = story.finish(Self.task(0, inputs: []))
        #expect(actions.contains(.send(.dataSummons, to: Self.control)))
        actions = story.finish(Self.task(1, inputs: []))
        #expect(!actions.contains(.send(.dataSummons, to: Self.control)), "once is enough")
        func asked(_ actions: [CoordinatorLife.Action], _ peer: PeerID) -> [BlobRequest] {
            actions.compactMap { if case .send(.blobRequest(let request), _, peer) = $0 { request } else { nil } }
        }
        let requests = asked(story.tell(.offeredData(hello, by: Self.data)), Self.data)
        #expect(requests.map(\.offset) == [0, 1, 2, 3].map { $0 * WireLimits.frame })
        let blob = Self.output(of: Self.task(0, inputs: []))
        #expect(Set(requests.map(\.name)) == [blob.name], "one after the other")
        let chunk = BlobChunk(name: blob.name, offset: 0, total: blob.byteCount)
        let next = story.hear(.blobChunk(chunk), from: Self.data, byteCount: WireLimits.frame)
        #expect(next.contains(.keepPiece(chunk.name)))
        #expect(story.tell(.disconnected(Self.data)).isEmpty, "the session goes on")
        #expect(story.life.members.count == 1)
        let again = asked(
            story.tell(.offeredData(DataHello(session: session, token: 9, number: 2), by: PeerID(number: 3))),
            PeerID(number: 3)
        )
        #expect(again.first == BlobRequest(name: blob.name, offset: WireLimits.frame), "what has come is here")
    }

    @Test("what waits for the journal takes up room, and no more is fetched meanwhile")
    func room() throws {
        var story = Story(recording: true, fetchedBytes: 1 << 20)
        let session = try story.join().session
        story.tell(.offeredData(DataHello(session: session, token: 9), by: Self.data))
        let (first, second) = (Self.task(0, inputs: []), Self.task(1, inputs: []))
        func names(_ actions: [CoordinatorLife.Action]) -> Set<Hash> {
            Set(
                actions.compactMap { if case .send(.blobRequest(let request), _, _) = $0 { request.name } else { nil } }
            )
        }
        let blob = Self.output(of: first)
        #expect(names(story.finish(first)) == [blob.name])
        #expect(names(story.finish(second)).isEmpty, "there is no room")
        for offset in stride(from: 0, to: blob.byteCount, by: WireLimits.frame) {
            let byteCount = min(WireLimits.frame, blob.byteCount - offset)
            let chunk = BlobChunk(name: blob.name, offset: offset, total: blob.byteCount)
            let actions = story.hear(.blobChunk(chunk), from: Self.data, byteCount: byteCount)
            #expect(actions.contains(.assemble(blob)) == (offset + byteCount == blob.byteCount))
        }
        let stored = story.tell(.assembled(blob.name, isSound: true))
        #expect(stored.contains { if case .journal = $0 { true } else { false } })
        #expect(names(stored).isEmpty, "it is not written down yet")
        #expect(names(story.tell(.journaled([first.task]))) == [Self.output(of: second).name])
    }

    @Test("far away little rides along at a time, a quarter of it of one blob; here all that a message may hold")
    func attachments() throws {
        let inputs = [4_000, 16_000, 20_000].map { Self.tensor("input of \($0)", $0) }
        for (address, session, isNearby) in [
            (nil, 0, true), ("127.0.0.1", 0, true), ("localhost:0:0:7", 0, true), ("192.0.2.7", 0, false),
            ("2001:db8::1", 0, false), ("127.0.0.1", 5, false),
        ] as [(String?, UInt64, Bool)] {
            var story = Story()
            let welcome = try story.join(at: address, after: session)
            #expect(welcome.attachedBytes == (isNearby ? WireLimits.attachedNearby : WireLimits.attachedFar))
            var attached: [Int] = []
            for number in 0..<4 {
                let own = inputs.map { Self.tensor("\($0.name) \(number)", $0.byteCount) }
                let task = Self.task(number, inputs: own)
                for case .send(.assignment, let names, _) in story.tell(.submitted(task, given: own.map(\.name))) {
                    attached += own.filter { names.contains($0.name) }.map(\.byteCount)
                }
            }
            let large = attached.filter { $0 > WireLimits.attachedFar / 4 }
            #expect(large.count == (isNearby ? 4 : 0), "\(address ?? "nil")")
            #expect(isNearby || attached.reduce(0, +) <= WireLimits.attachedFar)
            #expect(attached.count >= (isNearby ? 12 : 5), "\(address ?? "nil"): \(attached)")
        }
    }
}

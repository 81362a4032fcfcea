import Tasks
import Tensors
import TestSupport

@testable import Coordination
@testable import Wire

/// A coordinator at work with one honest worker, among peers that were admitted and send anything.
///
/// What such peers are given they may answer wrongly; everything else is done by the honest worker, and has to be right.
struct CoordinatorSiege: Siege {
    private struct Intruder {
        var peer: PeerID
        var dataPeer: PeerID
        var token: UInt64 = 0
        var key: PublicKey?
        var sessions: [UInt64] = []
        var given: [Attempt] = []
        var asked: [BlobRequest] = []
    }

    /// What went wrong; the first only.
    private(set) var violation: String?
    /// Frames that decoded, tasks that the honest worker did, and the most actions after one event.
    private(set) var (understood, honestResults, mostActions) = (0, 0, 0)
    private var random: Seeded
    private var mutator: Mutator
    private let hasKeys: Bool
    private var life: CoordinatorLife
    private var now = Instant(nanoseconds: 0)
    private var nextBeat = Instant(nanoseconds: 0)
    private var events: [CoordinatorLife.Event] = []
    private var isHandling = false
    private var honest = HonestWorker(slots: 4)
    private let honestPeer = PeerID(number: 0)
    private let honestDataPeer = PeerID(number: .max)
    private var intruders: [Intruder] = []
    private var peerCount: UInt32 = 0
    private var taskCount = 0
    private var open: [Hash: TaskSpecification] = [:]
    /// Those of the open tasks that an intruder was given.
    private var tainted: Set<Hash> = []
    /// Roles of those that were delivered though an intruder was given them, before or afterwards.
    private var doubtful: Set<String> = []
    /// Whether the coordinator has ended because such a result turned out to be a lie, as it should.
    private var isCondemned = false
    private var wanted: [Hash: Int] = [:]
    private var store: Set<Hash> = []
    private var unwritten: [Hash] = []
    private var erasing: [Hash] = []

    init(seed: UInt64, hasKeys: Bool) {
        random = Seeded(seed)
        mutator = Mutator(seed: seed)
        self.hasKeys = hasKeys
        var settings = CoordinatorLife.Settings(numericsVersion: 1)
        settings.isRecording = true
        settings.limits.offers = 64
        settings.limits.remembered = 256
        life = CoordinatorLife(settings)
        honest.act(.connected, now)
        for number in 1...4 as ClosedRange<UInt8> {
            intruders.append(Intruder(peer: honestPeer, dataPeer: honestPeer, key: hasKeys ? Self.key(number) : nil))
            reconnect(Int(number) - 1)
        }
        serveHonest()
    }

    private static func key(_ number: UInt8) -> PublicKey { PublicKey(bytes: Array(repeating: number, count: 32)) }

    private mutating func check(_ holds: Bool, _ what: @autoclosure () -> String) {
        if !holds, violation == nil { violation = what() }
    }

    // MARK: A round

    /// So many frames of intruders, while tasks are submitted and time passes; then nothing of them is left.
    mutating func round(_ frames: Int) throws {
        if isCondemned { beginAgain() }
        for frame in 0..<frames where violation == nil && !isCondemned {
            if frame % 50 == 0, open.count < 8 { submit() }
            if random.oneIn(16) { pass(.milliseconds(random.integer(0...250))) }
            try attack(random.integer(0...intruders.count - 1))
            if frame % 64 == 0 { checkSizes() }
        }
        if !isCondemned { makePeace() }
    }

    private mutating func beginAgain() {
        var next = CoordinatorSiege(seed: random.next(), hasKeys: hasKeys)
        next.understood += understood
        next.honestResults += honestResults
        next.mostActions = max(next.mostActions, mostActions)
        self = next
    }

    private mutating func attack(_ intruder: Int) throws {
        if random.oneIn(200) {
            let peer = intruders[intruder].peer
            handle(random.oneIn(4) ? .dropped(peer, because: "it is a nuisance") : .disconnected(peer))
            handle(.disconnected(intruders[intruder].dataPeer))
            return reconnect(intruder)
        }
        guard let message = try mutator.packet(of: message(of: intruder)).message else { return }
        understood += 1
        hear(message, from: intruder)
    }

    private mutating func reconnect(_ intruder: Int) {
        peerCount += 1
        intruders[intruder].peer = PeerID(number: peerCount)
        intruders[intruder].dataPeer = PeerID(number: 1 << 31 | peerCount)
    }

    private mutating func makePeace() {
        for index in intruders.indices where random.oneIn(2) {
            handle(.disconnected(intruders[index].peer))
            handle(.disconnected(intruders[index].dataPeer))
            reconnect(index)
        }
        for _ in 0..<4 { submit() }
        var steps = 0
        // A third run that is to settle a dispute may have to wait some seconds for its turn.
        while !(open.isEmpty && wanted.isEmpty && life.members.count == 1 && life.scheduler.isEmpty) || steps < 30,
            steps < 400, violation == nil
        {
            pass(.milliseconds(100))
            steps += 1
        }
        let unfinished = open.values.map { "\($0.role), tainted: \(tainted.contains($0.task))" }
        check(unfinished.isEmpty, "tasks are not done: \(unfinished)")
        check(wanted.isEmpty, "bytes did not come")
        let members = life.members.count
        check(members == 1 && life.sessions.count == 1, "there are \(members) members")
        let connections = life.dataSessions.count
        check(connections <= 1, "there are \(connections) data connections")
        let scheduler = life.scheduler
        check(scheduler.isEmpty, "the scheduler keeps \(scheduler.tasks) and \(scheduler.blobs)")
        let left: [Int] = [
            scheduler.parkedByInput.count, scheduler.suspects.count, scheduler.gathering.count, scheduler.offers.count,
            life.transfers.names.count, store.count, tainted.count,
        ]
        check(left.allSatisfy { $0 == 0 }, "something is left: \(left)")
        for index in intruders.indices { (intruders[index].given, intruders[index].asked) = ([], []) }
    }

    private mutating func checkSizes() {
        let scheduler = life.scheduler
        // An intruder has two connections, and may greet over both.
        let most = 2 * intruders.count + 1
        var sizes: [(Int, Int)] = [
            (scheduler.tasks.count, 64), (scheduler.blobs.count, 256), (scheduler.workers.count, most),
            (scheduler.absentees.count, 256), (scheduler.offers.count, 64 * most),
            (scheduler.gathering.count, 64), (scheduler.settled.count, taskCount), (life.sessionKeys.count, 32_769),
            (life.transfers.names.count, 64), (store.count, 256),
            (life.dataSessions.count, most), (life.journaling.count, 64), (life.unwanted.count, 0),
        ]
        for member in life.members.values {
            sizes.append((member.accepted.count, 64))
            sizes.append((member.released.count, WireLimits.released + WireLimits.tensors))
            sizes.append((member.progress.count, WireLimits.running))
        }
        for worker in scheduler.workers.values { sizes.append((worker.offers.count, 64)) }
        check(sizes.allSatisfy { $0 <= $1 }, "tables grow: \(sizes)")
    }

    // MARK: What intruders say

    private mutating func attempt(of intruder: Int) -> Attempt {
        if random.oneIn(2), let given = intruders[intruder].given.randomElement(using: &random) { return given }
        let number = max(taskCount - random.integer(-2...12), 1)
        return Attempt(Errand.task(number).task, random.integer(1...3))
    }

    private mutating func blob(of intruder: Int) -> Hash {
        if let asked = intruders[intruder].asked.randomElement(using: &random), random.oneIn(2) { return asked.name }
        let task = Errand.task(max(taskCount - random.integer(0...8), 1))
        return random.pick([task.program.name] + task.inputs.map(\.name) + Errand.outputs(of: task.task).map(\.name))
    }

    private mutating func message(of intruder: Int) -> Message {
        let (attempt, blob) = (attempt(of: intruder), blob(of: intruder))
        switch random.integer(0...25) {
        case 24, 25:
            let honest = life.sessions[honestPeer]?.session ?? 1
            let session = random.pick([honest, random.next() | 1] + intruders[intruder].sessions.suffix(1))
            return .dataHello(
                DataHello(
                    session: session,
                    token: random.pick([0, intruders[intruder].token]),
                    number: random.integer(1...9)
                )
            )
        case 0, 1:
            let honest = hasKeys ? life.sessions[honestPeer]?.session : nil
            let sessions = [0, random.next(), honest ?? 0] + intruders[intruder].sessions.suffix(3)
            let hello = HonestWorker.greeting(
                "intruder \(intruder)",
                slots: random.pick([1, 1, 2, 4_096]),
                previousSession: random.pick(sessions)
            )
            return .hello(hello)
        case 2:
            return .welcome(
                Welcome(session: 7, heartbeatInterval: .seconds(1), heartbeatTimeout: .seconds(2), build: "")
            )
        case 3: return .refused(Refused(random.pick(Refused.Code.allCases), "no", field: "hello"))
        case 4, 5, 6:
            let tasks = (0..<random.integer(0...(random.oneIn(20) ? 256 : 3))).map { _ in
                let attempt = self.attempt(of: intruder)
                return TaskProgress(task: attempt.task, attempt: attempt.number, step: 1, total: 2)
            }
            return .heartbeat(Heartbeat(session: intruders[intruder].sessions.last ?? 1, tasks: tasks))
        case 7: return random.oneIn(4) ? .drain : .goodbye(Goodbye(random.pick(Goodbye.Reason.allCases)))
        case 8:
            let task = Errand.task(max(taskCount, 1))
            return .assignment(
                Assignment(
                    task: task.task,
                    attempt: 1,
                    role: task.role,
                    program: task.program,
                    inputs: task.inputs,
                    attached: [task.program.name]
                )
            )
        case 9, 10: return .started(TaskStarted(task: attempt.task, attempt: attempt.number))
        case 11, 12, 13, 14:
            let outputs = Errand.outputs(of: attempt.task).map { output in
                let name = random.oneIn(4) ? Hash(of: [UInt8(random.next() >> 56)]) : output.name
                let isAttached = output.byteCount <= WireLimits.attachedOutput && !random.oneIn(3)
                return TaskOutput(TensorBlob(name: name, type: output.type), isAttached: isAttached)
            }
            return .finished(
                TaskFinished(task: attempt.task, attempt: attempt.number, outputs: outputs, wallNanoseconds: .max)
            )
        case 15:
            let code = random.pick(TaskFailed.Code.allCases)
            return .failed(TaskFailed(task: attempt.task, attempt: attempt.number, code: code, sentence: "it broke"))
        case 16: return .accepted(TaskAccepted(task: attempt.task, attempt: attempt.number))
        case 17: return .cancel(CancelTask(task: attempt.task, attempt: attempt.number))
        case 18: return .blobRequest(BlobRequest(name: blob, offset: random.pick([0, 1, 1 << 18, 1 << 40])))
        case 19, 20:
            let request = intruders[intruder].asked.randomElement(using: &random) ?? BlobRequest(name: blob, offset: 0)
            let total = life.scheduler.tensor(request.name)?.byteCount ?? 400_024
            return .blobChunk(BlobChunk(name: request.name, offset: min(request.offset, total), total: total))
        case 21, 22: return .blobMissing(BlobMissing(name: blob))
        default: return random.oneIn(2) ? .dataSummons : .release(Release(names: [blob]))
        }
    }

    // MARK: The shell

    private mutating func hear(_ message: Message, from intruder: Int) {
        var peer = intruders[intruder].peer
        switch message {
        case .blobRequest, .blobChunk, .blobMissing, .dataHello:
            if !random.oneIn(8) { peer = intruders[intruder].dataPeer }
        default: if random.oneIn(50) { peer = intruders[intruder].dataPeer }
        }
        if case .dataHello(let hello) = message {
            return handle(.offeredData(hello, by: peer, with: intruders[intruder].key))
        }
        if case .hello(let hello) = message {
            let lot = UInt32.random(in: .min ... .max, using: &random)
            let (address, token): (String?, UInt64) = (random.oneIn(2) ? "10.0.0.1" : nil, random.next())
            let key = intruders[intruder].key
            handle(.greeted(hello, by: peer, at: address, with: key, lot: lot, token: token))
            intruders[intruder].token = token
            guard let session = life.sessions[peer]?.session else { return }
            intruders[intruder].sessions = intruders[intruder].sessions.suffix(3) + [session]
            return
        }
        var content = CoordinatorLife.Content()
        switch message {
        case .finished(let finished):
            for output in finished.outputs where output.isAttached {
                // Wrong numbers can have their name, too.
                if random.oneIn(3) {
                    content.damaged.insert(output.tensor.name)
                } else {
                    store.insert(output.tensor.name)
                }
            }
        case .blobChunk(let chunk):
            let length = intruders[intruder].asked.first { $0.name == chunk.name }?.length ?? WireLimits.frame
            content.byteCount = min(chunk.total - chunk.offset, length)
        default: break
        }
        handle(.said(message, by: peer, content))
    }

    private mutating func hearHonestData(_ message: Message, _ byteCount: Int) {
        isHonest = true
        defer { isHonest = false }
        if case .dataHello(let hello) = message {
            return handle(.offeredData(hello, by: honestDataPeer, with: hasKeys ? Self.key(0) : nil))
        }
        handle(.said(message, by: honestDataPeer, CoordinatorLife.Content(byteCount: byteCount)))
    }

    private mutating func hearHonest(_ message: Message) {
        if case .hello(let hello) = message {
            let lot = UInt32.random(in: .min ... .max, using: &random)
            let (key, token): (PublicKey?, UInt64) = (hasKeys ? Self.key(0) : nil, random.next() | 1)
            return handle(.greeted(hello, by: honestPeer, at: nil, with: key, lot: lot, token: token))
        }
        if case .finished(let finished) = message {
            store.formUnion(finished.outputs.filter(\.isAttached).map(\.tensor.name))
        }
        isHonest = true
        handle(.said(message, by: honestPeer, CoordinatorLife.Content()))
        isHonest = false
    }

    /// Whether what happens just now is the honest worker's doing.
    private var isHonest = false

    private mutating func serveHonest() {
        for _ in 0..<1_000 {
            honest.work(at: now)
            guard !honest.outbox.isEmpty || !honest.dataOutbox.isEmpty else { return }
            let (messages, data) = (honest.outbox, honest.dataOutbox)
            (honest.outbox, honest.dataOutbox) = ([], [])
            for message in messages { hearHonest(message) }
            for (message, byteCount) in data { hearHonestData(message, byteCount) }
        }
        check(false, "the honest worker and the coordinator talk for ever")
    }

    private mutating func pass(_ duration: Duration) {
        now = now.advanced(by: duration)
        if now >= nextBeat {
            nextBeat = now.advanced(by: .milliseconds(500))
            handle(.tick)
            honest.act(.tick([:]), now)
        }
        if !unwritten.isEmpty {
            let batch = unwritten
            unwritten = []
            handle(.journaled(batch))
        }
        while !erasing.isEmpty { handle(.erased(erasing.removeFirst())) }
        serveHonest()
    }

    private mutating func submit() {
        taskCount += 1
        let task = Errand.task(taskCount)
        open[task.task] = task
        let given = task.inputs.map(\.name)
        store.formUnion(given)
        handle(.submitted(task, given: given))
    }

    private mutating func handle(_ event: CoordinatorLife.Event) {
        events.append(event)
        guard !isHandling else { return }
        isHandling = true
        var first = 0
        while first < events.count {
            let actions = life.handle(events[first], at: now)
            first += 1
            mostActions = max(mostActions, actions.count)
            for action in actions { perform(action) }
        }
        events.removeAll(keepingCapacity: true)
        isHandling = false
    }

    private mutating func perform(_ action: CoordinatorLife.Action) {
        switch action {
        case .send(let message, let attached, let peer):
            guard peer != honestPeer else { return honest.inbox.append((message, attached)) }
            guard peer != honestDataPeer else { return honest.dataInbox.append((message, 0)) }
            guard let intruder = intruders.firstIndex(where: { $0.peer == peer || $0.dataPeer == peer }) else { return }
            switch message {
            case .assignment(let assignment):
                if open[assignment.task] != nil {
                    tainted.insert(assignment.task)
                } else {
                    // It was delivered, and is run again to settle a dispute.
                    doubtful.insert("\(assignment.role)")
                }
                let attempt = Attempt(assignment.task, assignment.attempt)
                intruders[intruder].given = intruders[intruder].given.suffix(7) + [attempt]
            case .blobRequest(let request):
                intruders[intruder].asked = intruders[intruder].asked.suffix(7) + [request]
            default: break
            }
        case .answer(let request, let peer):
            guard peer == honestDataPeer else { return }
            let program = Truth.programNames.contains(request.name) ? 100 : nil
            let size = program ?? (store.contains(request.name) ? life.scheduler.tensor(request.name)?.byteCount : nil)
            honest.dataInbox.append(HonestWorker.answer(request, size: size))
        case .assemble(let tensor):
            let isSound = isHonest || random.oneIn(2)
            if isSound { store.insert(tensor.name) }
            handle(.assembled(tensor.name, isSound: isSound))
        case .deliver(let task, let outputs): deliver(task, outputs)
        case .fail(let task, let failures):
            check(tainted.remove(task.task) != nil, "\(task.role) failed: \(failures)")
            open[task.task] = nil
        case .provide(let blob):
            check(store.contains(blob), "\(blob.short) is provided, and not here")
            wanted[blob] = nil
        case .lose(let blob, let reason): check(false, "\(blob.short) is lost: \(reason)")
        case .forget(let blob): store.remove(blob)
        case .journal(let finding, _):
            for output in finding.outputs { check(store.contains(output.name), "what is written down is not here") }
            unwritten.append(finding.task.task)
        case .erase(let task):
            unwritten.removeAll { $0 == task }
            erasing.append(task)
        case .log(_, let sentence): check(sentence.utf8.count < 10_000, "a sentence is long: \(sentence.prefix(200))")
        case .abort(let reason):
            let found = open.values.filter { tainted.contains($0.task) }.map { "\($0.role)" }
            isCondemned = doubtful.union(found).contains {
                reason?.hasPrefix("the result of \($0) that was used is wrong") == true
            }
            check(isCondemned, "the coordinator ends: \(reason ?? "")")
        case .end: check(isCondemned, "the coordinator ends")
        case .expel(let peer): check(peer != honestPeer && peer != honestDataPeer, "an honest worker is sent away")
        case .admit, .keepPiece, .dropPieces, .noteUnrecorded, .report: break
        }
    }

    private mutating func deliver(_ task: Hash, _ outputs: [TensorBlob]) {
        let role = open.removeValue(forKey: task)?.role
        check(role != nil, "\(task.short) is delivered, and nobody waits for it")
        let isTainted = tainted.remove(task) != nil
        if isTainted, let role { doubtful.insert("\(role)") }
        if !isTainted {
            honestResults += 1
            check(outputs == Errand.outputs(of: task), "\(task.short) has other outputs than it should")
        }
        for output in outputs {
            if !isTainted, random.oneIn(2) {
                wanted[output.name, default: 0] += 1
                handle(.wanted(output.name))
            }
            handle(.released([output.name]))
        }
    }
}

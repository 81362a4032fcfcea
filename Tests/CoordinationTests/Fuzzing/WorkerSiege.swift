import Tasks
import Tensors
import TestSupport

@testable import Coordination
@testable import Wire

/// A worker at work, whose coordinator sends anything; now and then one that does what it should.
struct WorkerSiege: Siege {
    /// What went wrong; the first only.
    private(set) var violation: String?
    /// Frames that decoded, tasks of the honest coordinator that were done, and the most actions after one event.
    private(set) var (understood, honestResults, mostActions) = (0, 0, 0)
    private var random: Seeded
    private var mutator: Mutator
    private var life: WorkerLife
    private var isOver = false
    private var isConnecting = true
    private var now = Instant(nanoseconds: 0)
    private var session: UInt64 = 0
    private var taskCount = 0
    private var supply = Supply()
    private var transfers: Transfers<Supply.Coordinators> { supply.transfers }
    private var asked: [BlobRequest] = []
    private var sizes: [Hash: Int] = [:]
    /// Whether blobs are what their names say.
    private var isHonest = false
    private var store: Set<Hash> = []
    private var running: [Assignment] = []
    private var offered: [TaskFinished] = []

    private static let slots = 3

    init(seed: UInt64) {
        random = Seeded(seed)
        mutator = Mutator(seed: seed)
        life = Self.born()
    }

    private static func born() -> WorkerLife {
        var settings = WorkerLife.Settings(HonestWorker.greeting("worker", slots: slots))
        settings.cacheBytes = 10_000_000
        return WorkerLife(settings)
    }

    private mutating func check(_ holds: Bool, _ what: @autoclosure () -> String) {
        if !holds, violation == nil { violation = what() }
    }

    // MARK: A round

    /// So many frames of a coordinator that means harm; then one that does not is served, and nothing is left.
    mutating func round(_ frames: Int) throws {
        for frame in 0..<frames where violation == nil {
            if isOver { begin() }
            if isConnecting { connect() }
            if random.oneIn(100) { act(.disconnected) }
            if random.oneIn(8) { work() }
            if let message = try mutator.packet(of: message()).message {
                understood += 1
                hear(message)
            }
            if frame % 64 == 0 { checkSizes() }
        }
        serve()
    }

    /// Another worker takes the place of one that was told to end.
    private mutating func begin() {
        life = Self.born()
        (isOver, isConnecting) = (false, true)
        (supply, asked, store, running, offered) = (Supply(), [], [], [], [])
    }

    private mutating func connect() {
        isConnecting = false
        act(.connected)
    }

    /// Time passes, transfers come to their end, and so do tasks.
    private mutating func work() {
        now = now.advanced(by: .milliseconds(random.integer(0...800)))
        act(.tick([:]))
        feed(.tick)
        for name in transfers.names where random.oneIn(2) {
            if random.oneIn(3) {
                feed(.received(.blobMissing(BlobMissing(name: name)), byteCount: 0))
            } else {
                // In the midst of others, which are passed over.
                while let index = asked.firstIndex(where: { $0.name == name }) { answer(asked.remove(at: index)) }
            }
        }
        for _ in 0..<2 { finishRun(mayFail: true) }
    }

    private mutating func finishRun(mayFail: Bool) {
        guard let assignment = running.randomElement(using: &random) else { return }
        running.removeAll { $0.task == assignment.task }
        if mayFail, random.oneIn(4) { return act(.failed(assignment.task, .execution, "it broke")) }
        let outputs = Errand.outputs(of: assignment.task)
        store.formUnion(outputs.map(\.name))
        act(.ran(assignment.task, outputs: outputs, wallNanoseconds: 1))
    }

    private mutating func checkSizes() {
        let sizes: [(Int, Int)] = [
            (life.items.count, 1_000), (life.results.count, 1_000), (life.blobs.count, 4_000),
            (running.count, Self.slots), (transfers.names.count, 4_000),
        ]
        check(sizes.allSatisfy { $0 <= $1 }, "tables grow: \(sizes)")
        check(isOver || life.blobs == store, "the worker has other blobs than it thinks")
    }

    /// An honest coordinator: it accepts what it is offered, and has a task done.
    private mutating func serve() {
        if isOver { begin() }
        greet()
        var steps = 0
        while !(life.items.isEmpty && life.results.isEmpty), steps < 2_000, violation == nil {
            settle()
            steps += 1
        }
        let open = (items: life.items.count, results: life.results.count)
        check(open == (0, 0), "\(open) are left")
        taskCount += 1
        let assignment = Self.assignment(taskCount)
        hear(.assignment(assignment), isWhole: true)
        for _ in 0..<3 where offered.isEmpty { settle(accepting: false) }
        let outputs = offered.first { $0.task == assignment.task }?.outputs.map(\.tensor)
        check(outputs == Errand.outputs(of: assignment.task), "the honest coordinator's task was not done")
        honestResults += 1
        settle()
        // A new session, for which nothing has to be kept.
        greet()
        let left = [life.items.count, life.results.count, life.blobs.count]
        check(left == [0, 0, 0], "items, results and blobs are left: \(left)")
        check(store.isEmpty && running.isEmpty && transfers.names.isEmpty, "something is left")
        checkSizes()
    }

    private mutating func greet() {
        act(.disconnected)
        act(.connected)
        (isConnecting, offered) = (false, [])
        session += 1
        hear(Self.welcome(session))
    }

    private mutating func settle(accepting: Bool = true) {
        now = now.advanced(by: .milliseconds(100))
        hear(.heartbeat(Heartbeat(session: session)))
        isHonest = true
        while !asked.isEmpty { answer(asked.removeFirst()) }
        isHonest = false
        while !running.isEmpty { finishRun(mayFail: false) }
        guard accepting else { return }
        let finished = offered
        offered = []
        for result in finished {
            hear(.accepted(TaskAccepted(task: result.task, attempt: result.attempt)))
            hear(.release(Release(names: result.outputs.map(\.tensor.name))))
        }
    }

    // MARK: What the coordinator says

    private static func welcome(_ session: UInt64) -> Message {
        let (interval, timeout) = (Duration.milliseconds(500), Duration.seconds(2))
        return .welcome(Welcome(session: session, heartbeatInterval: interval, heartbeatTimeout: timeout, build: ""))
    }

    private static func assignment(_ number: Int, attempt: Int = 1) -> Assignment {
        let task = Errand.task(number)
        let small = task.inputs.filter { $0.byteCount <= WireLimits.frame }.map(\.name)
        return Assignment(
            task: task.task,
            attempt: attempt,
            role: task.role,
            program: task.program,
            inputs: task.inputs,
            attached: [task.program.name] + small
        )
    }

    private mutating func message() -> Message {
        let known = running.map { Attempt($0.task, $0.attempt) } + offered.map { Attempt($0.task, $0.attempt) }
        let attempt =
            known.randomElement(using: &random)
            ?? Attempt(Errand.task(max(taskCount, 1)).task, random.integer(1...3))
        let blob = transfers.names.randomElement(using: &random) ?? store.min() ?? attempt.task
        switch random.integer(0...23) {
        case 0, 1, 2, 3:
            session += 1
            return Self.welcome(session)
        case 4:
            guard random.oneIn(10) else { return .refused(Refused(.malformed, "no", field: "heartbeat")) }
            return .refused(Refused(random.pick(Refused.Code.allCases), "no"))
        case 5, 6: return .heartbeat(Heartbeat(session: random.oneIn(4) ? random.next() : session))
        case 7: return .goodbye(Goodbye(random.oneIn(10) ? .done : .stopping))
        case 8, 9, 10, 11, 12:
            taskCount += 1
            let number = random.oneIn(3) ? max(taskCount - random.integer(0...9), 1) : taskCount
            return .assignment(Self.assignment(number, attempt: random.integer(1...3)))
        case 13, 14, 15: return .accepted(TaskAccepted(task: attempt.task, attempt: attempt.number))
        case 16: return .cancel(CancelTask(task: attempt.task, attempt: attempt.number))
        case 17: return .blobRequest(BlobRequest(name: blob, offset: random.pick([0, 1, 1 << 18, 1 << 40])))
        case 18, 19:
            let offset = transfers.received(blob)
            return .blobChunk(BlobChunk(name: blob, offset: offset, total: max(offset, 400_024)))
        case 20: return .blobMissing(BlobMissing(name: blob))
        case 21: return .release(Release(names: Array(store.prefix(5))))
        case 22: return random.oneIn(2) ? .drain : .dataSummons
        default: return .finished(TaskFinished(task: attempt.task, attempt: 1, outputs: [], wallNanoseconds: 1))
        }
    }

    // MARK: The shell

    private mutating func hear(_ message: Message, isWhole: Bool = false) {
        switch message {
        case .blobChunk(let chunk):
            let length = asked.first { $0.name == chunk.name }?.length ?? WireLimits.frame
            feed(.received(message, byteCount: min(chunk.total - chunk.offset, length)))
        case .blobMissing, .blobRequest: feed(.received(message, byteCount: 0))
        case .assignment(let assignment):
            let blobs = assignment.attached.filter { _ in isWhole || !random.oneIn(4) }
            store.formUnion(blobs)
            act(.received(message, blobs: blobs))
        case .hello, .drain, .started, .finished, .failed: break
        default: act(.received(message, blobs: []))
        }
    }

    private mutating func answer(_ request: BlobRequest) {
        let (message, byteCount) = HonestWorker.answer(request, size: sizes[request.name])
        feed(.received(message, byteCount: byteCount))
    }

    private mutating func feed(_ event: Supply.Event) {
        for action in supply.handle(event, at: now) {
            switch action {
            case .connect:
                asked = []
                feed(.connected)
            case .disconnect: asked = []
            case .send(.blobRequest(let request)): asked.append(request)
            case .assemble(let name):
                let isSound = isHonest || random.oneIn(2)
                if isSound { store.insert(name) }
                feed(.assembled(name, isSound: isSound))
            case .fetched(let name): act(.fetched(name))
            case .unfetchable(let name, let reason): act(.unfetchable(name, reason))
            case .look(let look): feed(.looked(look.blob, .unmarkable))
            case .send, .answer, .keepPiece, .dropPieces, .show, .unmark: break
            }
        }
    }

    private mutating func act(_ event: WorkerLife.Event) {
        guard !isOver else { return }
        let actions = life.handle(event, at: now)
        mostActions = max(mostActions, actions.count)
        for action in actions {
            switch action {
            case .send: break
            case .offer(let finished):
                check(store.isSuperset(of: finished.outputs.map(\.tensor.name)), "it offers what it does not have")
                offered.removeAll { $0.task == finished.task }
                offered.append(finished)
            case .openSupply(let greeting, let isNearby): feed(.opened(greeting, isNearby: isNearby))
            case .fetch(let name, let byteCount):
                check(!transfers.contains(name), "it fetches \(name.short) twice")
                sizes[name] = byteCount
                feed(.wanted(name, byteCount: byteCount))
            case .stopFetching: feed(.closed)
            case .run(let assignment):
                let needs = assignment.inputs.map(\.name) + [assignment.program.name]
                check(store.isSuperset(of: needs), "it runs what it cannot")
                running.append(assignment)
                check(running.count <= Self.slots, "it runs more than it can")
            case .interrupt(let task): running.removeAll { $0.task == task }
            case .forget(let names): store.subtract(names)
            case .reconnect: isConnecting = true
            case .end: isOver = true
            }
        }
        if case .disconnected = event { isConnecting = true }
    }
}

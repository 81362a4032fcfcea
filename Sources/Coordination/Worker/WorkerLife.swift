import Tasks
import Tensors
package import Wire

/// What a worker does about everything that happens to it. A value: events and the time go in, actions come out.
///
/// A worker that loses its coordinator goes on with what it runs, keeps what it found, and offers it again to whoever
/// admits it next. It ends when it is told that there is no more work, when it is refused for good, or when it was told to
/// stop and has given back what it had.
package struct WorkerLife: Sendable {
    /// How a worker introduces itself, and how patient it is.
    package struct Settings: Hashable, Sendable {
        /// What it says of itself.
        package var greeting: Hello
        /// How long it waits for an answer to its greeting. A new connection takes longer than that to be of use where packets
        /// are lost.
        package var patience: Duration = .seconds(10)
        /// How long it waits before it greets again where there was no room.
        package var pause: Duration = .seconds(5)
        /// How long what runs may go on after the worker was told to stop.
        package var grace: Duration = .seconds(10)
        /// Bytes of blobs that it keeps at most, unless what it runs and has not yet given back needs more.
        package var cacheBytes = Int.max
        /// How long it goes without a coordinator before it ends; nil for ever.
        package var wait: Duration?
        /// Whether it expects a certain coordinator, by its key.
        package var hasKeys = false

        /// A worker with the default patience.
        package init(_ greeting: Hello) { self.greeting = greeting }
    }

    enum Phase: Equatable {
        /// There is no connection.
        case away
        /// It said Hello, or there is no room for it, and begins anew when it hears no more by then.
        case greeting(until: Instant)
        /// It is admitted.
        case serving
        /// It has ended.
        case over
    }

    /// A task that was assigned and is not done.
    struct Item {
        var assignment: Assignment
        var isRunning = false
        /// Whether the coordinator was told that it runs.
        var isAnnounced = false
        /// Whether it was assigned in this session; else the coordinator does not know what is here for it.
        var isOfSession = true

        /// The blobs without which it cannot run, each once, with their sizes.
        let needs: [(name: Hash, byteCount: Int)]

        init(_ assignment: Assignment) {
            self.assignment = assignment
            var needs = [(name: assignment.program.name, byteCount: assignment.program.byteCount)]
            for input in assignment.inputs where !needs.contains(where: { $0.name == input.name }) {
                needs.append((input.name, input.byteCount))
            }
            self.needs = needs
        }

        func needs(_ blob: Hash) -> Bool { needs.contains { $0.name == blob } }
    }

    private let settings: Settings
    private(set) var phase: Phase = .away
    private var session: UInt64 = 0
    private var heartbeatTimeout: Duration = .milliseconds(1_950)
    /// How often to say that it lives.
    package private(set) var heartbeatInterval: Duration = .milliseconds(500)
    private var lastHeard = Instant(nanoseconds: 0)
    private var stopDeadline: Instant?
    /// Since when there has been no coordinator, as far as it was looked at.
    private var aloneSince: Instant?
    /// In the order in which they came.
    private(set) var items: [Item] = []
    private var unaccepted = UnacceptedResults()
    /// Results that are not accepted, in the order in which they were found.
    var results: [TaskFinished] { unaccepted.inOrder }
    private var kept: KeptBlobs
    /// The blobs that are here.
    var blobs: Set<Hash> { kept.names }
    private var fetching: Set<Hash> = []
    /// By what a data connection proves that it belongs to the session; nil when there is no session, or a connection.
    private var dataGreeting: DataHello?
    private var progress: [Hash: Progress] = [:]
    /// How often, one after the other, a connection was closed before it was established.
    private var closings = 0
    /// So often no coordinator ends or restarts just then; one that has another key does so every time.
    private static let mostClosings = 7
    private var actions: [Action] = []

    /// A worker that is not connected.
    package init(_ settings: Settings) {
        self.settings = settings
        kept = KeptBlobs(budget: settings.cacheBytes)
    }

    /// When the coordinator is taken for gone, unless it is heard before; nil when there is none.
    package var silenceEnd: Instant? {
        phase == .serving ? lastHeard.advanced(by: heartbeatTimeout + .milliseconds(1)) : nil
    }

    /// Takes note of something, and says what is to be done about it, in order.
    package mutating func handle(_ event: Event, at now: Instant) -> [Action] {
        guard phase != .over else { return [] }
        actions.removeAll(keepingCapacity: true)
        switch event {
        case .connected: greet(now)
        case .disconnected: lose()
        case .rejected(let rejection): reject(rejection, now)
        case .clogged:
            guard phase != .away else { return [] }
            lose()
            reconnect()
        case .received(let message, let blobs):
            lastHeard = now
            kept.add(blobs)
            receive(message, now)
        case .heard: lastHeard = now
        case .fetched(let blob):
            fetching.remove(blob)
            kept.add([blob])
            let needs = items.lazy.flatMap(\.needs)
            if let need = needs.first(where: { $0.name == blob }) { kept.measure(blob, byteCount: need.byteCount) }
        case .unfetchable(let blob, let reason):
            fetching.remove(blob)
            for item in items where !item.isRunning && item.needs.contains(where: { $0.name == blob }) {
                giveBack(item.assignment, .missingBlob, reason)
            }
        case .ran(let task, let outputs, let wallNanoseconds, let isFinite):
            finish(task, outputs, wallNanoseconds, isFinite)
        case .failed(let task, let code, let sentence, let neededBytes):
            if let item = items.first(where: { $0.assignment.task == task }) {
                giveBack(item.assignment, code, sentence, neededBytes: neededBytes)
            }
        case .stop: stop(now)
        case .tick(let progress):
            self.progress = progress
            tick(now)
        }
        runWhatCanRun()
        letGoOfBlobs()
        endIfStopped(now)
        return actions
    }

    // MARK: Meeting and parting

    private mutating func greet(_ now: Instant) {
        if phase == .serving { lose() }
        closings = 0
        phase = .greeting(until: now.advanced(by: settings.patience))
        var greeting = settings.greeting
        greeting.previousSession = session
        actions.append(.send(.hello(greeting)))
    }

    private mutating func reject(_ rejection: Rejection, _ now: Instant) {
        switch rejection {
        case .keyNotAdmitted, .mechanism, .wrongServerKey: end(.rejected(rejection))
        // Somebody else may have the port for a while: to be tried again as when an answer is overdue.
        case .notZeroMQ: if phase == .away { phase = .greeting(until: now.advanced(by: settings.pause)) }
        case .closed:
            closings += 1
            if settings.hasKeys, closings >= Self.mostClosings { end(.rejected(.closed)) }
        case .reset, .brokenOff: closings = 0
        }
    }

    /// What did not run yet will be given to somebody else.
    private mutating func lose() {
        phase = .away
        items.removeAll { !$0.isRunning }
        kept.doubtAll()
        fetching = []
        dataGreeting = nil
        actions.append(.stopFetching)
    }

    /// What is on its way is lost with the connection, so one that was told to stop, and ends now, only closes it.
    private mutating func reconnect() { if stopDeadline == nil { actions.append(.reconnect) } }

    private mutating func serve(_ welcome: Welcome) {
        phase = .serving
        session = welcome.session
        heartbeatInterval = welcome.heartbeatInterval
        heartbeatTimeout = welcome.heartbeatTimeout
        dataGreeting = DataHello(session: session, token: welcome.dataToken)
        unaccepted.beginSession(attachable: welcome.attachedBytes)
        // The coordinator does not know what a worker has from before. What runs, a heartbeat tells.
        kept.beginSession()
        for index in items.indices {
            items[index].isOfSession = false
            items[index].isAnnounced = true
        }
        beat()
        for result in results { offer(result) }
    }

    private mutating func stop(_ now: Instant) {
        guard stopDeadline == nil else { return }
        stopDeadline = now.advanced(by: settings.grace)
        if phase == .serving { actions.append(.send(.drain)) }
        for item in items where !item.isRunning { giveBack(item.assignment, .cancelled, "the worker stops") }
    }

    private mutating func endIfStopped(_ now: Instant) {
        guard let deadline = stopDeadline, phase != .over else { return }
        // While it serves, the coordinator lets it go once nothing would be lost.
        guard phase == .serving, now < deadline else {
            for item in items where item.isRunning {
                actions.append(.interrupt(item.assignment.task))
                giveBack(item.assignment, .cancelled, "the worker stops")
            }
            if phase != .away { actions.append(.send(.goodbye(Goodbye(.stopping)))) }
            return end(.stopped)
        }
    }

    private mutating func end(_ ending: Ending) {
        phase = .over
        actions.append(.end(ending))
    }

    // MARK: Time

    private mutating func tick(_ now: Instant) {
        if phase == .serving {
            aloneSince = nil
        } else if let wait = settings.wait {
            let since = aloneSince ?? now
            aloneSince = since
            guard since.duration(to: now) < wait else { return end(.alone) }
        }
        switch phase {
        case .away, .over: break
        case .greeting(let end):
            // Over a connection that stands an answer is overdue; or there was no room before.
            guard now > end else { return }
            lose()
            reconnect()
        case .serving:
            guard lastHeard.duration(to: now) <= heartbeatTimeout else {
                lose()
                reconnect()
                return
            }
            beat()
        }
    }

    private mutating func beat() {
        let running = items.filter(\.isRunning).prefix(WireLimits.running).map { item in
            let progress = progress[item.assignment.task] ?? Progress(step: 0, total: 0)
            return TaskProgress(
                task: item.assignment.task,
                attempt: item.assignment.attempt,
                step: min(progress.step, progress.total),
                total: progress.total
            )
        }
        actions.append(.send(.heartbeat(Heartbeat(session: session, tasks: Array(running)))))
        // What is over before the next heartbeat needs no announcement.
        for index in items.indices where items[index].isRunning && !items[index].isAnnounced {
            items[index].isAnnounced = true
            tellStart(of: items[index])
        }
    }

    // MARK: What the coordinator says

    private mutating func receive(_ message: Message, _ now: Instant) {
        switch message {
        case .welcome(let welcome):
            if case .greeting = phase { serve(welcome) }
        case .refused(let refused): takeRefusal(refused, now)
        case .heartbeat(let heartbeat):
            // It has forgotten us, or we speak to another one.
            if phase == .serving, heartbeat.session != session { return greet(now) }
            if let timeout = heartbeat.timeout, timeout > heartbeatInterval { heartbeatTimeout = timeout }
        case .goodbye(let goodbye):
            for item in items where item.isRunning { actions.append(.interrupt(item.assignment.task)) }
            items = []
            kept.doubtAll()
            actions.append(.send(.goodbye(goodbye)))
            switch goodbye.reason {
            case .done: end(.done)
            case .stopping: lose()
            }
        case .assignment(let assignment): take(assignment)
        case .accepted(let accepted):
            for accepted in accepted.results {
                let result = unaccepted.accept(accepted.task, accepted.attempt)
                for output in result?.outputs ?? [] { kept.doubt(output.tensor.name) }
            }
        case .cancel(let cancelled): cancel(cancelled)
        case .dataSummons: openSupply()
        case .release(let release): kept.release(release.names)
        // What is said over the data connection, and what only workers say.
        case .blobRequest, .blobChunk, .blobMissing, .dataHello, .hello, .drain, .started, .finished, .failed: break
        }
    }

    private mutating func takeRefusal(_ refused: Refused, _ now: Instant) {
        switch refused.code {
        case .unknownVersion, .numericsMismatch, .notAdmitted: end(.refused(refused))
        case .full: phase = .greeting(until: now.advanced(by: settings.pause))
        case .unexpected: if phase == .serving { greet(now) }
        // Our fault, or that of the way between; the shell writes it down.
        case .malformed, .tooLarge, .unknownMessage, .wrongFrames: break
        }
    }

    private mutating func take(_ assignment: Assignment) {
        guard phase == .serving else { return }
        kept.assign(program: assignment.program.name)
        if let index = items.firstIndex(where: { $0.assignment.task == assignment.task }) {
            // It was taken away and has come back while it ran on.
            items[index].assignment.attempt = assignment.attempt
            items[index].isAnnounced = false
            items[index].isOfSession = true
            return
        }
        if let result = unaccepted.renumber(assignment.task, assignment.attempt) { return offer(result) }
        items.append(Item(assignment))
        for need in items[items.count - 1].needs { kept.measure(need.name, byteCount: need.byteCount) }
        guard stopDeadline == nil else { return giveBack(assignment, .cancelled, "the worker stops") }
        let byteCount = items[items.count - 1].needs.reduce(0) { $0 + $1.byteCount }
        let limit = settings.greeting.memoryLimitBytes
        guard limit == 0 || byteCount <= limit else {
            return giveBack(assignment, .tooLarge, "its inputs have \(byteCount) bytes, and \(limit) are allowed")
        }
    }

    private mutating func cancel(_ cancelled: CancelTask) {
        guard let item = items.first(where: { $0.assignment.task == cancelled.task }),
            item.assignment.attempt == cancelled.attempt
        else { return }
        if item.isRunning { actions.append(.interrupt(cancelled.task)) }
        giveBack(item.assignment, .cancelled, "it was cancelled")
    }

    // MARK: Tasks

    private mutating func runWhatCanRun() {
        guard phase == .serving else { return }
        for index in items.indices where !items[index].isRunning {
            let missing = items[index].needs.filter { !kept.contains($0.name) }
            for need in missing where fetching.insert(need.name).inserted {
                openSupply()
                actions.append(.fetch(need.name, byteCount: need.byteCount))
            }
            guard missing.isEmpty, items.count(where: \.isRunning) < settings.greeting.slots else { continue }
            items[index].isRunning = true
            actions.append(.run(items[index].assignment))
        }
    }

    private mutating func tellStart(of item: Item) {
        kept.promise(item.assignment.inputs.lazy.map(\.name))
        actions.append(.send(.started(TaskStarted(task: item.assignment.task, attempt: item.assignment.attempt))))
    }

    private mutating func finish(_ task: Hash, _ outputs: [TensorBlob], _ wallNanoseconds: Int, _ isFinite: Bool) {
        guard let index = items.firstIndex(where: { $0.assignment.task == task && $0.isRunning }) else { return }
        let item = items.remove(at: index)
        if phase == .serving, item.isOfSession {
            // The program is kept as long as the session lasts.
            kept.promise(item.assignment.inputs.lazy.map(\.name))
        } else {
            kept.doubt(item.needs.lazy.map(\.name))
        }
        for need in item.needs { kept.use(need.name) }
        for output in outputs { kept.add(output.name, byteCount: output.byteCount) }
        let result = TaskFinished(
            task: task,
            attempt: item.assignment.attempt,
            outputs: outputs.map { TaskOutput($0, isAttached: false) },
            wallNanoseconds: wallNanoseconds,
            isFinite: isFinite
        )
        unaccepted.add(result)
        if phase == .serving { offer(result) }
    }

    private mutating func offer(_ result: TaskFinished) {
        kept.promise(result.outputs.lazy.map(\.tensor.name))
        actions.append(.offer(unaccepted.attach(to: result)))
    }

    private mutating func openSupply() {
        guard let greeting = dataGreeting else { return }
        dataGreeting = nil
        actions.append(.openSupply(greeting, isNearby: unaccepted.isNearby))
    }

    private mutating func giveBack(
        _ assignment: Assignment,
        _ code: TaskFailed.Code,
        _ sentence: String,
        neededBytes: Int = 0
    ) {
        for item in items where item.assignment.task == assignment.task { kept.doubt(item.needs.lazy.map(\.name)) }
        items.removeAll { $0.assignment.task == assignment.task }
        guard phase == .serving else { return }
        let failed = TaskFailed(
            task: assignment.task,
            attempt: assignment.attempt,
            code: code,
            sentence: sentence,
            neededBytes: neededBytes
        )
        actions.append(.send(.failed(failed)))
    }

    private mutating func letGoOfBlobs() {
        guard phase != .over else { return }
        // What makes one of use now makes it doubtful again when it ends.
        let useless = kept.dropUseless { blob in
            unaccepted.hasOutput(blob) || items.contains { $0.needs(blob) }
        }
        if !useless.isEmpty { actions.append(.forget(useless)) }
        // What runs, and results that are not recorded, stay.
        let (surplus, promised) = kept.dropSurplus {
            Set(items.flatMap(\.needs).map(\.name)).union(unaccepted.blobs)
        }
        if !surplus.isEmpty { actions.append(.forget(surplus)) }
        // The coordinator gets these elsewhere, or has them made again.
        for name in promised where phase == .serving {
            actions.append(.send(.blobMissing(BlobMissing(name: name))))
        }
    }
}

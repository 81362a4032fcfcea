import Execution
import Foundation
public import Logging
import Tasks
import Tensors
import Wire

/// Runs tasks for a coordinator: the shell around `WorkerLife`. It lives on the thread of its socket, and computes on others.
public actor Worker {
    nonisolated let loop: Loop
    /// The thread of the socket.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    let address: Address
    private let settings: WorkerSettings
    private let dealer: Dealer
    /// For blobs, so that nothing else waits behind them.
    let dataDealer: Dealer
    private let executor: TaskExecutor
    let log: Logger
    private var life: WorkerLife
    var store = BlobStore()
    let hostBlobs: HostBlobs
    /// Looks for large blobs, checks them and places them, which may take seconds.
    let hostThread: Loop
    /// Of blobs that this worker fetches for its host.
    var hostMarks: [Hash: HostMark] = [:]
    var supply = Supply()
    var lookAlarm: Alarm?
    var partial = PartialBlobs()
    /// A blob that has just been found.
    var found: (name: Hash, blob: Frame)?
    /// The piece of a blob that has just come.
    var incoming: (piece: Frame, chunk: BlobChunk)?
    /// Threads that compute, those with nothing to do last.
    private var idleThreads: [Loop] = []
    private var waitingRuns: [TaskRun] = []
    private var runs: [Hash: TaskRun] = [:]
    private var runCount = 0
    private var briefPrograms = BriefPrograms()
    /// What happened while something else was handled.
    private var events: [WorkerLife.Event] = []
    private var isHandling = false
    private(set) var isOver = false
    private var approach: Approach
    private var ending: CheckedContinuation<WorkerLife.Ending, Never>?

    /// A worker that is not connected yet.
    ///
    /// - Throws: `ClusterError` when the address is none, or the system has no room for another thread or socket.
    public init(
        connectingTo address: String,
        settings: WorkerSettings = WorkerSettings(),
        log: Logger = Logger(label: "troupe.worker")
    ) throws {
        try self.init(
            connectingTo: ClusterError.wrapping { () throws(SocketError) in try Address(address) },
            in: ClusterError.wrapping { () throws(SocketError) in try Transport() },
            settings: settings,
            log: log
        )
    }

    init(
        connectingTo address: Address,
        in transport: Transport,
        settings: WorkerSettings,
        hostBlobs: HostBlobs = HostBlobs(),
        log: Logger
    ) throws {
        try settings.protection.check(address)
        loop = try ClusterError.wrapping { () throws(SocketError) in try Loop(name: "worker") }
        self.address = address
        self.settings = settings
        self.hostBlobs = hostBlobs
        hostThread = try ClusterError.wrapping { () throws(SocketError) in try Loop(name: "blobs") }
        self.log = log
        dealer = Dealer(on: loop, in: transport, keys: settings.protection.keys?.client)
        dataDealer = Dealer(on: loop, in: transport, keys: settings.protection.keys?.client)
        executor = TaskExecutor(memoryLimit: settings.memoryLimit / max(settings.slots, 1))
        for index in 0..<settings.slots {
            idleThreads.append(
                try ClusterError.wrapping { () throws(SocketError) in try Loop(name: "compute \(index + 1)") }
            )
        }
        life = WorkerLife(Self.life(settings))
        approach = Approach(to: "\(address)", hasKeys: settings.protection.keys != nil)
    }

    private static func life(_ settings: WorkerSettings) -> WorkerLife.Settings {
        var life = WorkerLife.Settings(
            Hello(
                numericsVersion: numericsVersion,
                name: settings.name,
                build: settings.build,
                slots: settings.slots,
                cores: ProcessInfo.processInfo.activeProcessorCount,
                memoryLimitBytes: settings.memoryLimit,
                processID: Int(ProcessInfo.processInfo.processIdentifier)
            )
        )
        life.grace = settings.grace
        life.cacheBytes = settings.cacheBytes
        life.wait = settings.wait
        life.hasKeys = settings.protection.keys != nil
        return life
    }

    /// Works until the coordinator says that there is no more to do. When the surrounding Swift task is cancelled, it finishes
    /// what it runs, for as long as it may, and ends in good order.
    ///
    /// A coordinator that is not there, or goes away, is waited for, as long as the settings say.
    ///
    /// - Returns: why it ended.
    /// - Throws: `ClusterError.refused` when the coordinator does not want this worker, `ClusterError.rejected` when their keys
    ///   do not fit.
    @discardableResult
    public func run() async throws -> WorkerEnding {
        let ending = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                self.ending = continuation
                start()
            }
        } onCancel: {
            loop.perform { self.assumeIsolated { $0.handle(.stop) } }
        }
        switch ending {
        case .refused(let refused): throw ClusterError.refused(refused.sentence.printable)
        case .rejected(let rejection): throw ClusterError.rejected(sentence(rejection))
        case .done: return .done
        case .stopped: return .stopped
        case .alone: return .alone
        }
    }

    /// What to do about keys that do not fit.
    private func sentence(_ rejection: Rejection) -> String {
        guard let keys = settings.protection.keys else {
            return "The coordinator at \(address) wants to know this worker's key, and it has none. Make one with "
                + "`troupe keys generate NAME`, have it authorized on the coordinator's machine, and add --key FILE."
        }
        let own = "\(keys.pair.name) (\(keys.pair.secret.publicKey))"
        return switch rejection {
        case .mechanism:
            "The coordinator at \(address) has no key, so anybody could be it. Start it with --key, or leave --key out on both "
                + "sides."
        case .keyNotAdmitted:
            "The coordinator at \(address) does not let in the key of \(own): it is not authorized, or not any more. On its "
                + "machine, run: troupe keys authorize \(keys.pair.secret.publicKey) --name \(keys.pair.name)"
        case .closed:
            "Who listens at \(address) ends each connection as soon as this worker introduces itself, as a coordinator does that "
                + "does not have the key \(keys.coordinator). Compare it with `troupe keys show` on the coordinator's machine. "
                + "If it is the same, there is no room for more connections, at the coordinator or on the way there."
        default:
            "Who listens at \(address) is not the coordinator that this worker was told to work for: it does not have the key "
                + "\(keys.coordinator). Compare it with `troupe keys show` on the coordinator's machine."
        }
    }

    /// Works without anybody waiting for its end.
    nonisolated func startAtOnce() { loop.perform { self.assumeIsolated { $0.start() } } }

    /// Ends on the spot: what runs is given up.
    nonisolated func stopAtOnce() { loop.perform { self.assumeIsolated { $0.perform(.end(.stopped)) } } }

    private func start() {
        dealer.open { event in self.take(event) }
        dataDealer.open { event in self.takeData(event) }
        connect()
        tickLater()
        if Task.isCancelled { handle(.stop) }
    }

    private func connect() {
        log.debug("Connecting to \(address).")
        do throws(SocketError) {
            try dealer.connect(to: address)
        } catch {
            log.error("\(error)")
            perform(.end(.refused(Refused(.notAdmitted, error.description))))
        }
    }

    private func tickLater() {
        let next = Instant.now.advanced(by: life.heartbeatInterval)
        loop.alarm(at: life.silenceEnd.map { min($0, next) } ?? next) { [weak self] in
            self?.assumeIsolated { worker in
                guard !worker.isOver else { return }
                worker.handle(.tick(worker.runs.mapValues(\.progress)))
                worker.handleSupply(.tick)
                worker.tickLater()
            }
        }
    }

    // MARK: What happens

    private func take(_ event: DealerEvent) {
        switch event {
        case .connected:
            log.debug("Connected to \(address).")
            approach.connect()
            handle(.connected)
        case .disconnected:
            warn(approach.disconnect())
            handle(.disconnected)
        case .received(let parcel):
            approach.meet()
            receive(parcel)
        case .faulted(let error): warn(approach.fault(error))
        case .dropped(let reason): log.warning("\(address) is ignored until it reconnects: \(reason).")
        case .rejected(let rejection):
            warn(approach.reject(rejection))
            handle(.rejected(rejection))
        case .failed(let error): log.error("\(error)")
        }
    }

    private func warn(_ sentence: String?) { if let sentence { log.warning("\(sentence)") } }

    private func receive(_ parcel: Parcel) {
        switch parcel.message {
        case .assignment(let assignment):
            var blobs: [Hash] = []
            for (name, frame) in zip(assignment.attached, parcel.frames) where frame.blobName == name {
                store[name] = frame
                blobs.append(name)
            }
            handle(.received(parcel.message, blobs: blobs))
        case .refused(let refused):
            handle(.received(parcel.message, blobs: []))
            // What ends the worker is told by its end.
            guard !isOver else { return }
            log.warning(
                "\(address) refuses: \(refused.sentence.printable)\(refused.field.isEmpty ? "" : " (\(refused.field.printable))")"
            )
        case .hello, .drain, .started, .finished, .failed, .dataHello:
            send(Parcel(.refused(Refused(.unexpected, "only a worker says '\(parcel.message.kind)'"))))
        case .blobRequest, .blobChunk, .blobMissing:
            send(Parcel(.refused(Refused(.unexpected, "'\(parcel.message.kind)' is for data connections"))))
        default: handle(.received(parcel.message, blobs: []))
        }
    }

    // MARK: What to do

    /// What happens on the way is handled afterwards, so that the actions for one event are not mixed with another's.
    func handle(_ event: WorkerLife.Event) {
        events.append(event)
        guard !isHandling else { return }
        isHandling = true
        while !events.isEmpty {
            for action in life.handle(events.removeFirst(), at: .now) { perform(action) }
        }
        isHandling = false
    }

    private func perform(_ action: WorkerLife.Action) {
        switch action {
        case .send(let message): send(Parcel(message))
        case .offer(let finished):
            var frames: [Frame] = []
            for output in finished.outputs where output.isAttached {
                if let blob = store[output.tensor.name] { frames.append(blob) }
            }
            send(Parcel(.finished(finished), frames: frames))
        case .openSupply(let greeting, let isNearby): handleSupply(.opened(greeting, isNearby: isNearby))
        case .fetch(let name, let byteCount): handleSupply(.wanted(name, byteCount: byteCount))
        case .stopFetching: handleSupply(.closed)
        case .run(let assignment): run(assignment)
        case .interrupt(let task):
            runs.removeValue(forKey: task)?.control.cancel()
            waitingRuns.removeAll { $0.assignment.task == task }
        case .forget(let names): for name in names { store[name] = nil }
        case .reconnect: connect()
        case .end(let ending):
            if ending == .alone {
                log.warning(
                    "There was no coordinator at \(address) for \(settings.wait ?? .zero), so this worker ends."
                )
            }
            for run in runs.values { run.control.cancel() }
            runs = [:]
            waitingRuns = []
            store = BlobStore()
            hostMarks = [:]
            isOver = true
            dealer.close()
            dataDealer.close()
            self.ending.take()?.resume(returning: ending)
        }
    }

    private func send(_ parcel: Parcel) {
        do throws(WireError) {
            let delivery = try dealer.send(parcel)
            // Nothing that was not sent is sent again, unless the connection is new.
            if delivery == .unreachable, dealer.isConnected { handle(.clogged) }
        } catch {
            log.error("'\(parcel.message.kind)' cannot be sent: \(error).")
        }
    }

    // MARK: Computing

    private func run(_ assignment: Assignment) {
        let inputs = assignment.inputs.compactMap { store[$0.name] }
        guard let program = store[assignment.program.name], inputs.count == assignment.inputs.count else {
            return handle(.failed(assignment.task, .missingBlob, "a blob is gone"))
        }
        runCount += 1
        let run = TaskRun(number: runCount, assignment: assignment, program: program, inputs: inputs)
        runs[assignment.task] = run
        log.debug("Running \(assignment.role).")
        if briefPrograms.contains(assignment.program.hash) {
            finish(run, run.outcome(by: executor))
        } else if let thread = idleThreads.popLast() {
            start(run, on: thread)
        } else {
            waitingRuns.append(run)
        }
    }

    private func start(_ run: TaskRun, on thread: Loop) {
        thread.perform { [self, executor] in
            let outcome = run.outcome(by: executor)
            loop.perform { self.assumeIsolated { $0.finish(run, outcome, on: thread) } }
        }
    }

    private func finish(_ run: TaskRun, _ outcome: TaskRun.Outcome, on thread: Loop) {
        if let next = waitingRuns.first {
            waitingRuns.removeFirst()
            start(next, on: thread)
        } else {
            idleThreads.append(thread)
        }
        finish(run, outcome)
    }

    private func finish(_ run: TaskRun, _ outcome: TaskRun.Outcome) {
        briefPrograms.note(run.assignment.program.hash, took: outcome.took, isDone: outcome.isDone)
        // Unless it was interrupted, and nobody waits for it any more.
        guard runs[run.assignment.task]?.number == run.number else { return }
        runs[run.assignment.task] = nil
        switch outcome.result {
        case .success(let outputs):
            for output in outputs { store[output.tensor.name] = output.blob }
            let wall = Int(outcome.took / .nanoseconds(1))
            handle(
                .ran(
                    run.assignment.task,
                    outputs: outputs.map(\.tensor),
                    wallNanoseconds: wall,
                    isFinite: outputs.allSatisfy(\.isFinite)
                )
            )
        case .failure(let failure):
            log.warning("\(run.assignment.role) has no result: \(failure.sentence).")
            handle(
                .failed(run.assignment.task, failure.code, failure.sentence, neededBytes: failure.neededBytes)
            )
        }
    }
}

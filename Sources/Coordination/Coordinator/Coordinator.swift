import Execution
import Foundation
public import Logging
import Synchronization
public import Tasks
public import Tensors
import Wire

/// Hands out tasks to workers that connect: the shell around `CoordinatorLife`. It lives on the thread of its socket.
///
/// A recipe runs on it as on any other cluster. It begins to listen with `listen(at:)`, and must be told to `stop`. With a
/// ledger, the result of a recorded task is durable before anybody learns of it, and one that is durable is not computed
/// again.
public actor Coordinator: Cluster {
    nonisolated let loop: Loop
    /// The thread of the socket.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    /// Runs small programs in this process, on the caller's thread.
    public nonisolated let local = LocalExecutor()

    private let settings: CoordinatorSettings
    let log: Logger
    let router: Router
    nonisolated let programs = PackedPrograms()
    private nonisolated let ledger: Ledger?
    private let observe: @Sendable (ClusterEvent) -> Void
    private(set) var life: CoordinatorLife
    private var store = BlobStore()
    private var partial = PartialBlobs()
    /// Whether nothing is kept and nobody waits.
    var isIdle: Bool { life.scheduler.isEmpty && store.byteCount == 0 && taskWaiters.isEmpty && blobWaiters.isEmpty }
    var authorizedKeys: AuthorizedKeys?
    var allowList = AllowList()
    var (strangerComplaints, peerComplaints) = (Complaints(), Complaints())
    private var isClosed = false
    private var closeWaiters: [CheckedContinuation<Void, Never>] = []

    /// Results that wait for the end of the commit that is under way.
    private var unwritten: [Writing] = []
    private var isWriting = false
    private var failure: LedgerError?

    private var taskWaiters: [Hash: [(number: Int, continuation: CheckedContinuation<[TensorBlob], any Error>)]] = [:]
    private var blobWaiters: [Hash: [(number: Int, continuation: CheckedContinuation<Frame, any Error>)]] = [:]
    private nonisolated let waiterCount = Atomic<Int>(0)

    /// A result on its way into the ledger.
    fileprivate struct Writing: Sendable {
        let finding: Scheduler.Finding
        let worker: String
        let outputs: [LedgerRecord.Output]
    }

    /// A coordinator that does not listen yet.
    ///
    /// - Parameters:
    ///   - settings: How it keeps in touch with workers.
    ///   - ledger: Where results are made durable; nowhere if nil.
    ///   - log: Where it writes what happens.
    ///   - observe: Is told what happens, on the coordinator's own thread, which it must not keep waiting.
    /// - Throws: `ClusterError` when the system has no room for another thread or socket.
    public init(
        settings: CoordinatorSettings = CoordinatorSettings(),
        ledger: Ledger? = nil,
        log: Logger = Logger(label: "troupe.coordinator"),
        observe: @escaping @Sendable (ClusterEvent) -> Void = { _ in }
    ) throws {
        try self.init(
            in: ClusterError.wrapping { () throws(SocketError) in try Transport() },
            settings: settings,
            ledger: ledger,
            log: log,
            observe: observe
        )
    }

    init(
        in transport: Transport,
        settings: CoordinatorSettings,
        ledger: Ledger? = nil,
        log: Logger,
        observe: @escaping @Sendable (ClusterEvent) -> Void
    ) throws {
        loop = try ClusterError.wrapping { () throws(SocketError) in try Loop(name: "coordinator") }
        let loop = loop
        router = try ClusterError.wrapping { () throws(SocketError) in
            try Router(
                on: loop,
                in: transport,
                settings: Self.socketSettings(),
                key: settings.protection.keys?.pair.secret
            )
        }
        authorizedKeys = settings.protection.keys.map { AuthorizedKeys(path: $0.list) }
        self.settings = settings
        self.ledger = ledger
        self.log = log
        self.observe = observe
        life = CoordinatorLife(Self.life(settings, isRecording: ledger != nil))
    }

    private static func life(_ settings: CoordinatorSettings, isRecording: Bool) -> CoordinatorLife.Settings {
        var life = CoordinatorLife.Settings(numericsVersion: numericsVersion)
        life.heartbeatInterval = settings.heartbeatInterval
        life.mostWorkers = settings.mostWorkers
        life.build = settings.build
        life.isRecording = isRecording
        life.limits.silence = settings.heartbeatTimeout
        life.limits.recordedBytes = Ledger.mostBytes
        return life
    }

    /// Begins to listen.
    ///
    /// - Parameter address: As `tcp://127.0.0.1:7077`, `tcp://127.0.0.1:*` for a port that is free, or `ipc:///path`.
    /// - Returns: the address with what the system chose.
    /// - Throws: `ClusterError` that says what to do, as when another process listens there.
    @discardableResult
    public func listen(at address: String) throws -> String {
        try listen(at: ClusterError.wrapping { () throws(SocketError) in try Address(address) }).description
    }

    func listen(at address: Address) throws(ClusterError) -> Address {
        try settings.protection.check(address)
        if settings.protection == .none, !address.isLocal {
            log.warning("\(address) is open to other machines, in clear text and to anybody, as was asked for.")
        }
        do throws(KeyError) { try lookAtAuthorizedKeys() } catch { throw .rejected(error.description) }
        return try ClusterError.wrapping { () throws(SocketError) in
            try router.open { [weak self] event in self?.assumeIsolated { $0.take(event) } }
            router.lookForKeys = { [weak self] in self?.assumeIsolated { $0.lookForKeys() } }
            let bound = try router.bind(to: address)
            tickLater()
            log.debug("Listening on \(bound).")
            return bound
        }
    }

    /// Tells the workers to leave, gives them a moment to answer, and stops listening. Whoever waits for a task gets
    /// `TaskError.shutDown`.
    ///
    /// - Parameter workIsDone: Whether there is no more work, so that workers end; else they wait for another coordinator.
    public func stop(workIsDone: Bool = true) async {
        handle(.stop(workIsDone ? .done : .stopping))
        guard !isClosed else { return }
        await withCheckedContinuation { closeWaiters.append($0) }
    }

    /// Stops without anybody waiting for it.
    nonisolated func stopAtOnce() { loop.perform { self.assumeIsolated { $0.handle(.stop(.done)) } } }

    /// How the cluster stands.
    public func status() -> ClusterStatus { life.status }

    private func tickLater() {
        loop.alarm(at: .now.advanced(by: settings.heartbeatInterval)) { [weak self] in
            self?.assumeIsolated { coordinator in
                guard !coordinator.isClosed else { return }
                coordinator.handle(.tick)
                coordinator.lookAfterAccess()
                coordinator.tickLater()
            }
        }
    }

    // MARK: What happens

    private func take(_ event: RouterEvent) {
        switch event {
        case .received(let parcel, let peer): receive(parcel, from: peer)
        case .disconnected(let peer): handle(.disconnected(peer))
        case .dropped(let peer, let reason): handle(.dropped(peer, because: reason.description))
        case .faulted(let peer, let error): complain("\(life.label(peer)) sent what cannot be accepted: \(error).")
        case .turnedAway(let reason, let address): complain(reason, of: address)
        case .failed(let error): log.critical("\(error)")
        }
    }

    private func receive(_ parcel: Parcel, from peer: PeerID) {
        switch parcel.message {
        case .hello(let hello):
            // So much of it that nobody guesses another's.
            let lot = UInt64.random(in: 0..<1 << 40)
            handle(.greeted(hello, by: peer, at: router.address(of: peer), with: router.key(of: peer), lot: lot))
        case .finished(let finished):
            var damaged: Set<Hash> = []
            for (output, frame) in zip(finished.outputs.filter(\.isAttached), parcel.frames) {
                if frame.holds(output.tensor) {
                    if store[output.tensor.name] == nil { store[output.tensor.name] = frame }
                } else {
                    damaged.insert(output.tensor.name)
                }
            }
            handle(.said(parcel.message, by: peer, CoordinatorLife.Content(damaged: damaged)))
        case .blobChunk:
            incoming = parcel.frames[0]
            handle(.said(parcel.message, by: peer, CoordinatorLife.Content(byteCount: parcel.frames[0].count)))
            incoming = nil
        default: handle(.said(parcel.message, by: peer, CoordinatorLife.Content()))
        }
    }

    /// The piece of a blob that has just come.
    private var incoming: Frame?

    func handle(_ event: CoordinatorLife.Event) {
        for action in life.handle(event, at: .now) { perform(action) }
    }

    private func perform(_ action: CoordinatorLife.Action) {
        switch action {
        case .send(let message, let attached, let peer):
            send(Parcel(message, frames: attached.compactMap(content)), to: peer)
        case .answer(let request, let peer): send(BlobStore.answer(request, with: content(of: request.name)), to: peer)
        case .keepPiece(let name): if let incoming { partial.append(incoming, to: name) }
        case .assemble(let tensor):
            let blob = partial.take(tensor.name)
            let isSound = blob.map { $0.isTensor(of: tensor.type) } ?? false
            if isSound { store[tensor.name] = blob }
            handle(.assembled(tensor.name, isSound: isSound))
        case .dropPieces(let name): partial.drop(name)
        case .deliver(let task, let outputs):
            for waiter in taskWaiters.removeValue(forKey: task) ?? [] {
                waiter.continuation.resume(returning: outputs)
            }
        case .fail(let task, let failures):
            let error = TaskError.failed(role: task.role, attempts: failures.map(\.sentence))
            // Whoever waits for it tells.
            log.debug("\(error)")
            for waiter in taskWaiters.removeValue(forKey: task.task) ?? [] {
                waiter.continuation.resume(throwing: error)
            }
        case .provide(let name):
            guard let blob = store[name] else { return }
            for waiter in blobWaiters.removeValue(forKey: name) ?? [] { waiter.continuation.resume(returning: blob) }
        case .lose(let name, let reason):
            let error = TaskError.lost("\(name.short): \(reason)")
            for waiter in blobWaiters.removeValue(forKey: name) ?? [] { waiter.continuation.resume(throwing: error) }
        case .forget(let name): store[name] = nil
        case .journal(let finding, let worker):
            let outputs = finding.outputs.compactMap { output in
                store[output.name].map { LedgerRecord.Output(name: output.name, content: $0) }
            }
            unwritten.append(Writing(finding: finding, worker: worker, outputs: outputs))
            write()
        case .noteUnrecorded: ledger?.noteUnrecorded()
        case .report(let event): report(event)
        case .log(let gravity, let sentence):
            switch gravity {
            case .detail: log.debug("\(sentence)")
            case .warning: log.warning("\(sentence)")
            case .complaint: complain("\(sentence)")
            case .critical: log.critical("\(sentence)")
            }
        case .admit(let peer): router.admit(peer)
        case .abort: abort()
        case .end: close()
        }
    }

    private func content(of name: Hash) -> Frame? { store[name] ?? programs.content(of: name) }

    private func send(_ parcel: Parcel, to peer: PeerID) {
        do throws(WireError) {
            // What does not arrive is missed: by silence, or by a connection that ends.
            try router.send(parcel, to: peer)
        } catch {
            log.error("'\(parcel.message.kind)' cannot be sent to \(peer): \(error).")
        }
    }

    private func report(_ event: ClusterEvent) {
        switch event {
        case .joined, .assigned, .finished: log.debug("\(event)")
        case .left(_, _, let givenBack) where givenBack.isEmpty: log.debug("\(event)")
        case .left, .failed: log.warning("\(event)")
        }
        observe(event)
    }

    private func abort() {
        let error: any Error = failure ?? TaskError.shutDown
        for waiter in taskWaiters.values.joined() { waiter.continuation.resume(throwing: error) }
        for waiter in blobWaiters.values.joined() { waiter.continuation.resume(throwing: error) }
        taskWaiters = [:]
        blobWaiters = [:]
        // It lives until all have answered, even if nobody holds it any more.
        let last = Instant.now.advanced(by: life.settings.farewellPatience)
        loop.alarm(at: last) { self.assumeIsolated { $0.handle(.tick) } }
    }

    private func close() {
        isClosed = true
        router.close()
        for waiter in closeWaiters { waiter.resume() }
        closeWaiters = []
    }

    // MARK: The ledger

    /// Makes results durable: while one commit is under way, others gather, and share the next.
    private func write() {
        guard !isWriting, failure == nil, let ledger, !unwritten.isEmpty else { return }
        isWriting = true
        let batch = unwritten
        unwritten = []
        ledger.loop.perform {
            let error = ledger.assumeIsolated { ledger -> LedgerError? in
                do throws(LedgerError) {
                    try ledger.record(batch.map(\.record))
                    return nil
                } catch {
                    return error
                }
            }
            self.loop.perform { self.assumeIsolated { $0.written(batch, error) } }
        }
    }

    private func written(_ batch: [Writing], _ error: LedgerError?) {
        isWriting = false
        if let error {
            failure = error
            return handle(.journalFailed(error.description))
        }
        KillPoint.beforeAck.pass()
        handle(.journaled(batch.map(\.finding.task.task)))
        write()
    }

    // MARK: Cluster

    /// Keeps a tensor here, from where workers get it once each.
    public nonisolated func share(_ value: TensorValue) async throws -> Handle {
        let blob = value.blob
        let tensor = TensorBlob(name: .ofBlob(blob), type: value.type)
        await keep(tensor, Frame(blob))
        return Handle(tensor.name, type: tensor.type, keptBy: self)
    }

    /// Runs a program on whichever worker is free, again and again until one has done it; not at all if the result is in
    /// the ledger.
    ///
    /// - Throws: `TaskError`, `CancellationError`, or `LedgerError` when results cannot be made durable.
    public nonisolated func run(_ program: Program, _ work: Work) async throws -> TaskOutputs {
        let submission = try Submission(program, work, programs: programs)
        if let known = try await recorded(submission.specification) {
            var handles: [Handle] = []
            for value in known { handles.append(try await share(value)) }
            return TaskOutputs(of: program, handles: handles)
        }
        let number = newWaiter()
        let outputs = try await withTaskCancellationHandler {
            try await self.results(of: submission, waiter: number)
        } onCancel: {
            loop.perform { self.assumeIsolated { $0.abandon(submission.specification.task, waiter: number) } }
        }
        return TaskOutputs(of: program, handles: outputs.map { Handle($0.name, type: $0.type, keptBy: self) })
    }

    /// The outputs of a task that is in the ledger.
    private nonisolated func recorded(_ task: TaskSpecification) async throws -> [TensorValue]? {
        guard let ledger, task.keeping == .recorded, let values = try await ledger.outputs(of: task.task),
            values.map(\.type) == task.outputs
        else { return nil }
        await handle(.settled(task.task))
        return values
    }

    /// Writes the snapshot down, if there is a ledger.
    ///
    /// - Throws: `LedgerError`.
    public nonisolated func save(_ snapshot: Snapshot, as name: String) async throws {
        try await ledger?.save(snapshot, as: name)
    }

    /// The snapshot that was written down last; nil when there is none, or no ledger.
    ///
    /// - Throws: `LedgerError`.
    public nonisolated func snapshot(_ name: String) async throws -> Snapshot? { try await ledger?.snapshot(name) }

    private nonisolated func newWaiter() -> Int { waiterCount.add(1, ordering: .relaxed).newValue }

    private func keep(_ tensor: TensorBlob, _ blob: Frame) {
        store[tensor.name] = blob
        handle(.shared(tensor))
    }

    private func results(of submission: Submission, waiter number: Int) async throws -> [TensorBlob] {
        let specification = submission.specification
        try requireService()
        // From here to the continuation nothing else runs; whoever cancels later finds it.
        try Task.checkCancellation()
        let lost = specification.inputs.first { submission.given[$0.name] == nil && !life.scheduler.knows($0.name) }
        if let lost { throw TaskError.lost("\(lost.type) \(lost.name.short), an input of \(specification.role)") }
        return try await withCheckedThrowingContinuation { continuation in
            taskWaiters[specification.task, default: []].append((number, continuation))
            for (name, blob) in submission.given { store[name] = blob }
            handle(.submitted(specification, given: Set(submission.given.keys)))
        }
    }

    private func requireService() throws {
        guard life.farewell == nil else { throw failure ?? TaskError.shutDown as any Error }
    }

    private func abandon(_ task: Hash, waiter number: Int) {
        guard let index = taskWaiters[task]?.firstIndex(where: { $0.number == number }) else { return }
        let waiter = taskWaiters[task]?.remove(at: index)
        if taskWaiters[task]?.isEmpty ?? false { taskWaiters[task] = nil }
        waiter?.continuation.resume(throwing: CancellationError())
        handle(.abandoned(task))
    }
}

extension Coordinator: TensorKeeper {
    /// The tensor of this name: from here, from a worker that has it, or computed again.
    ///
    /// - Throws: `TaskError.lost` when it is nowhere, `TaskError.shutDown`, or `CancellationError`.
    public nonisolated func value(of hash: Hash, type: TensorType) async throws -> TensorValue {
        let number = newWaiter()
        let blob = try await withTaskCancellationHandler {
            try await self.blob(hash, waiter: number)
        } onCancel: {
            loop.perform { self.assumeIsolated { $0.stopWaiting(for: hash, waiter: number) } }
        }
        guard let value = TensorValue(blob: blob.bytes), value.type == type else {
            throw TaskError.lost("\(type) \(hash.short): its bytes are those of another tensor")
        }
        return value
    }

    /// Notes that one handle of this tensor is gone.
    public nonisolated func release(_ hash: Hash) {
        loop.perform { self.assumeIsolated { $0.handle(.released(hash)) } }
    }

    private func blob(_ hash: Hash, waiter number: Int) async throws -> Frame {
        try requireService()
        try Task.checkCancellation()
        return try await withCheckedThrowingContinuation { continuation in
            blobWaiters[hash, default: []].append((number, continuation))
            handle(.wanted(hash))
        }
    }

    /// The scheduler goes on to get the blob, which is of no use to anybody and so is forgotten when it comes.
    private func stopWaiting(for hash: Hash, waiter number: Int) {
        guard let index = blobWaiters[hash]?.firstIndex(where: { $0.number == number }) else { return }
        blobWaiters[hash]?.remove(at: index).continuation.resume(throwing: CancellationError())
        if blobWaiters[hash]?.isEmpty ?? false { blobWaiters[hash] = nil }
    }
}

extension Coordinator.Writing {
    /// What the ledger keeps of it.
    fileprivate var record: LedgerRecord {
        LedgerRecord(
            finding.task.task,
            program: finding.task.program.hash,
            role: finding.task.role,
            outputs: outputs,
            attempt: finding.attempt,
            worker: worker,
            took: finding.took ?? .zero,
            finished: Date()
        )
    }
}

extension Frame {
    /// Whether these are the bytes of a tensor: its name and its type are theirs.
    fileprivate func holds(_ tensor: TensorBlob) -> Bool {
        Hash.ofBlob(bytes) == tensor.name && isTensor(of: tensor.type)
    }

    /// Whether the bytes are those of a tensor of a type.
    fileprivate func isTensor(of type: TensorType) -> Bool { TensorValue(blob: bytes)?.type == type }
}

import Execution
public import Logging
import Synchronization
public import Tasks
import Tensors
import Wire

/// Hands out tasks to workers that connect: the shell around `CoordinatorLife`. It lives on the thread of its socket.
///
/// A recipe runs on it as on any other cluster. It begins to listen with `listen(at:)`, and must be told to `stop`. With a
/// ledger, the result of a recorded task is durable before anybody learns of it, and one that is durable is not computed
/// again.
public actor Coordinator {
    nonisolated let loop: Loop
    /// The thread of the socket.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    /// Runs small programs in this process, on the caller's thread.
    public nonisolated let local = LocalExecutor()

    private let settings: CoordinatorSettings
    let log: Logger
    let router: Router
    nonisolated let programs = PackedPrograms()
    nonisolated let fusedPrograms = FusedPrograms()
    nonisolated let ledger: Ledger?
    nonisolated let hostBlobs: HostBlobs
    private let observe: @Sendable (ClusterEvent) -> Void
    private(set) var life: CoordinatorLife
    var store = BlobStore()
    private var partial = PartialBlobs()
    /// Whether nothing is kept and nobody waits.
    var isIdle: Bool { life.scheduler.isEmpty && store.byteCount == 0 && taskWaiters.isEmpty && blobWaiters.isEmpty }
    var authorizedKeys: AuthorizedKeys?
    var allowList = AllowList()
    var (strangerComplaints, peerComplaints) = (Complaints(), Complaints())
    private var isClosed = false
    private var closeWaiters: [CheckedContinuation<Void, Never>] = []

    /// Results that wait for the end of this turn of the thread, or of the commit that is under way.
    var unwritten: [LedgerRecord] = []
    var isWriting = false
    var failure: LedgerError?

    /// Who waits for each task: a number, and what is called once.
    var taskWaiters: [Hash: Few<(number: Int, take: (Result<[TensorBlob], any Error>) -> Void)>] = [:]
    /// Recipes that go on at the end of this turn of the thread.
    var resumptions: [(CheckedContinuation<[TensorBlob], any Error>, Result<[TensorBlob], any Error>)] = []
    var blobWaiters: [Hash: [(number: Int, continuation: CheckedContinuation<Frame, any Error>)]] = [:]
    nonisolated let waiterCount = Atomic<Int>(0)
    /// What recipes asked for in one go, by the number under which each waits.
    var batches: [Int: TaskBatch] = [:]
    var batchCount: Int { batches.count }
    /// Handles that are gone, of which the scheduler is not told yet.
    nonisolated let released = Mutex<[Hash]>([])

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
        hostBlobs: HostBlobs = HostBlobs(),
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
        self.hostBlobs = hostBlobs
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
            try router.open { event in self.take(event) }
            router.lookForKeys = { self.lookForKeys() }
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
        let next = Instant.now.advanced(by: settings.heartbeatInterval)
        loop.alarm(at: life.silenceEnd.map { min($0, next) } ?? next) { [weak self] in
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
        if !life.accounts.knows(peer) { handle(.came(peer, with: router.key(of: peer))) }
        switch parcel.message {
        case .hello(let hello):
            handle(
                .greeted(
                    hello,
                    by: peer,
                    at: router.address(of: peer),
                    with: router.key(of: peer),
                    resendPause: router.resendPause(of: peer),
                    lot: .random(in: .min ... .max),
                    token: UInt64.random(in: .min ... .max)
                )
            )
        case .dataHello(let hello): handle(.offeredData(hello, by: peer, with: router.key(of: peer)))
        case .finished(let finished):
            var damaged: Set<Hash> = []
            var isFinite = true
            for (output, frame) in zip(finished.outputs.lazy.filter(\.isAttached), parcel.frames) {
                if frame.blobName == output.tensor.name, frame.isTensor(of: output.tensor.type) {
                    isFinite = isFinite && frame.isFinite(as: output.tensor.type)
                    if store[output.tensor.name] == nil { store[output.tensor.name] = frame }
                } else {
                    damaged.insert(output.tensor.name)
                }
            }
            handle(.said(parcel.message, by: peer, CoordinatorLife.Content(damaged: damaged, isFinite: isFinite)))
        case .blobChunk(let chunk):
            incoming = (parcel.frames[0], chunk.total)
            handle(.said(parcel.message, by: peer, CoordinatorLife.Content(byteCount: parcel.frames[0].count)))
            incoming = nil
        case .heartbeat:
            let content = CoordinatorLife.Content(resendPause: router.resendPause(of: peer))
            handle(.said(parcel.message, by: peer, content))
        default: handle(.said(parcel.message, by: peer, CoordinatorLife.Content()))
        }
    }

    /// The piece of a blob that has just come, and the bytes of the whole.
    private var incoming: (piece: Frame, byteCount: Int)?

    func handle(_ event: CoordinatorLife.Event) {
        for action in life.handle(event, at: .now) { perform(action) }
    }

    private func perform(_ action: CoordinatorLife.Action) {
        switch action {
        case .send(let message, let attached, let peer):
            // Most messages have none.
            let frames = attached.isEmpty ? [] : attached.compactMap(content)
            send(Parcel(message, frames: frames), to: peer)
        case .answer(let request, let peer): send(BlobStore.answer(request, with: content(of: request.name)), to: peer)
        case .keepPiece(let name):
            if let incoming { partial.append(incoming.piece, to: name, of: incoming.byteCount) }
        case .assemble(let tensor):
            let blob = partial.take(tensor.name)
            let isSound = blob.map { $0.isTensor(of: tensor.type) } ?? false
            if isSound { store[tensor.name] = blob }
            handle(.assembled(tensor.name, isSound: isSound))
        case .dropPieces(let name): partial.drop(name)
        case .deliver(let task, let outputs):
            for waiter in taskWaiters.removeValue(forKey: task) ?? [] { waiter.take(.success(outputs)) }
        case .fail(let task, let failures):
            let error = TaskError.failed(role: task.role, attempts: failures.map(\.sentence))
            // Whoever waits for it tells.
            log.debug("\(error)")
            for waiter in taskWaiters.removeValue(forKey: task.task) ?? [] { waiter.take(.failure(error)) }
        case .provide(let name):
            guard let blob = store[name] else { return }
            for waiter in blobWaiters.removeValue(forKey: name) ?? [] { waiter.continuation.resume(returning: blob) }
        case .lose(let name, let reason):
            let error = TaskError.lost("\(name.short): \(reason)")
            for waiter in blobWaiters.removeValue(forKey: name) ?? [] { waiter.continuation.resume(throwing: error) }
        case .forget(let name): store[name] = nil
        case .journal(let finding, let worker): write(finding, of: worker)
        case .erase(let task): erase(task)
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
        case .expel(let peer): router.expel(peer)
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
        let waiters = taskWaiters
        taskWaiters = [:]
        for waiter in waiters.values.joined() { waiter.take(.failure(error)) }
        for waiter in blobWaiters.values.joined() { waiter.continuation.resume(throwing: error) }
        blobWaiters = [:]
        // It lives until all have answered, even if nobody holds it any more.
        let last = Instant.now.advanced(by: life.settings.farewellPatience)
        loop.alarm(at: last) { self.assumeIsolated { $0.handle(.tick) } }
    }

    private func close() {
        isClosed = true
        router.close()
        // What it shared with others of this machine it need not keep for them.
        store = BlobStore()
        for waiter in closeWaiters { waiter.resume() }
        closeWaiters = []
    }
}

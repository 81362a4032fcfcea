import Execution
public import Logging
import Synchronization
public import Tasks
public import Tensors
import Wire

/// Hands out tasks to workers that connect: the shell around `Scheduler`. It lives on the thread of its socket.
///
/// A recipe runs on it as on any other cluster. It begins to listen with `listen(at:)`, and must be told to `stop`.
public actor Coordinator: Cluster {
    nonisolated let loop: Loop
    /// The thread of the socket.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    /// Runs small programs in this process, on the caller's thread.
    public nonisolated let local = LocalExecutor()

    let settings: CoordinatorSettings
    let log: Logger
    let router: Router
    nonisolated let programs = PackedPrograms()
    private let observe: @Sendable (ClusterEvent) -> Void
    var scheduler: Scheduler
    var store = BlobStore()
    /// Whether nothing is kept and nobody waits.
    var isIdle: Bool { scheduler.isEmpty && store.byteCount == 0 && taskWaiters.isEmpty && blobWaiters.isEmpty }
    var transfers = Transfers<WorkerID>()
    /// What workers are told who come now; nil until the coordinator was told to stop.
    private(set) var farewell: Goodbye.Reason?
    private var isClosed = false
    private var closeWaiters: [CheckedContinuation<Void, Never>] = []

    var members: [WorkerID: Member] = [:]
    var sessions: [PeerID: WorkerID] = [:]
    /// Whose each session is or was, where there are keys.
    var sessionKeys: [WorkerID: PublicKey] = [:]
    var authorizedKeys: AuthorizedKeys?
    var allowList = AllowList()
    var (strangerComplaints, peerComplaints) = (Complaints(), Complaints())
    private var sessionCount: UInt64 = 0

    private var taskWaiters: [Hash: [(number: Int, continuation: CheckedContinuation<[TensorBlob], any Error>)]] = [:]
    private var blobWaiters: [Hash: [(number: Int, continuation: CheckedContinuation<Frame, any Error>)]] = [:]
    private nonisolated let waiterCount = Atomic<Int>(0)

    /// A worker that was admitted.
    struct Member {
        let peer: PeerID
        let hello: Hello
        let address: String?
        let key: PublicKey?
        var progress: [Hash: TaskProgress] = [:]
        var programs: Set<Hash> = []
        /// What it is told together with its next task, or its next heartbeat.
        var notes: [Message] = []
        /// What it is told then that it need not keep.
        var released: [Hash] = []

        var label: String { hello.name.isEmpty ? address ?? "a worker" : hello.name.printable }
    }

    /// A coordinator that does not listen yet.
    ///
    /// - Parameters:
    ///   - settings: How it keeps in touch with workers.
    ///   - log: Where it writes what happens.
    ///   - observe: Is told what happens, on the coordinator's own thread, which it must not keep waiting.
    /// - Throws: `ClusterError` when the system has no room for another thread or socket.
    public init(
        settings: CoordinatorSettings = CoordinatorSettings(),
        log: Logger = Logger(label: "troupe.coordinator"),
        observe: @escaping @Sendable (ClusterEvent) -> Void = { _ in }
    ) throws {
        try self.init(
            in: ClusterError.wrapping { () throws(SocketError) in try Transport() },
            settings: settings,
            log: log,
            observe: observe
        )
    }

    init(
        in transport: Transport,
        settings: CoordinatorSettings,
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
        self.log = log
        self.observe = observe
        var limits = Scheduler.Limits()
        limits.silence = settings.heartbeatTimeout
        scheduler = Scheduler(limits: limits)
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
            beatLater()
            log.debug("Listening on \(bound).")
            return bound
        }
    }

    /// Tells the workers to leave, gives them a moment to answer, and stops listening. Whoever waits for a task gets
    /// `TaskError.shutDown`.
    ///
    /// - Parameter workIsDone: Whether there is no more work, so that workers end; else they wait for another coordinator.
    public func stop(workIsDone: Bool = true) async {
        if farewell == nil { sayGoodbye(workIsDone ? .done : .stopping) }
        guard !isClosed else { return }
        await withCheckedContinuation { closeWaiters.append($0) }
    }

    /// Stops without anybody waiting for it.
    nonisolated func stopAtOnce() {
        loop.perform {
            self.assumeIsolated { coordinator in
                if coordinator.farewell == nil { coordinator.sayGoodbye(.done) }
            }
        }
    }

    private static let farewellPatience = Duration.seconds(1)

    private func sayGoodbye(_ reason: Goodbye.Reason) {
        farewell = reason
        for worker in members.keys.sorted() {
            tellNotes(worker)
            tell(worker, .goodbye(Goodbye(reason)))
        }
        for waiter in taskWaiters.values.joined() { waiter.continuation.resume(throwing: TaskError.shutDown) }
        for waiter in blobWaiters.values.joined() { waiter.continuation.resume(throwing: TaskError.shutDown) }
        taskWaiters = [:]
        blobWaiters = [:]
        guard !members.isEmpty else { return close() }
        // The library may drop what a peer has not read when the connection ends, so the answers are waited for.
        loop.alarm(at: .now.advanced(by: Self.farewellPatience)) { self.assumeIsolated { $0.close() } }
    }

    private func close() {
        guard !isClosed else { return }
        isClosed = true
        router.close()
        members = [:]
        sessions = [:]
        for waiter in closeWaiters { waiter.resume() }
        closeWaiters = []
    }

    /// How the cluster stands.
    public func status() -> ClusterStatus {
        let running = scheduler.running.compactMap { worker, attempt -> ClusterStatus.Running? in
            guard let member = members[worker], let task = scheduler.specification(of: attempt.task) else { return nil }
            let progress = member.progress[attempt.task]
            return ClusterStatus.Running(
                role: task.role,
                worker: member.label,
                step: progress?.step ?? 0,
                total: progress?.total ?? 0
            )
        }
        let workers = members.keys.sorted().compactMap { members[$0]?.label }
        return ClusterStatus(workers: workers, running: running, waiting: scheduler.waitingCount)
    }

    // MARK: Cluster

    /// Keeps a tensor here, from where workers get it once each.
    public nonisolated func share(_ value: TensorValue) async throws -> Handle {
        let blob = value.blob
        let tensor = TensorBlob(name: .ofBlob(blob), type: value.type)
        await keep(tensor, Frame(blob))
        return Handle(tensor.name, type: tensor.type, keptBy: self)
    }

    /// Runs a program on whichever worker is free, again and again until one has done it.
    public nonisolated func run(_ program: Program, _ work: Work) async throws -> TaskOutputs {
        let submission = try Submission(program, work, programs: programs)
        let number = newWaiter()
        let outputs = try await withTaskCancellationHandler {
            try await self.results(of: submission, waiter: number)
        } onCancel: {
            loop.perform { self.assumeIsolated { $0.abandon(submission.specification.task, waiter: number) } }
        }
        return TaskOutputs(of: program, handles: outputs.map { Handle($0.name, type: $0.type, keptBy: self) })
    }

    private nonisolated func newWaiter() -> Int { waiterCount.add(1, ordering: .relaxed).newValue }

    private func keep(_ tensor: TensorBlob, _ blob: Frame) {
        store[tensor.name] = blob
        handle(.shared(tensor))
    }

    private func results(of submission: Submission, waiter number: Int) async throws -> [TensorBlob] {
        let specification = submission.specification
        guard farewell == nil else { throw TaskError.shutDown }
        // From here to the continuation nothing else runs; whoever cancels later finds it.
        try Task.checkCancellation()
        let lost = specification.inputs.first { submission.given[$0.name] == nil && !scheduler.knows($0.name) }
        if let lost { throw TaskError.lost("\(lost.type) \(lost.name.short), an input of \(specification.role)") }
        return try await withCheckedThrowingContinuation { continuation in
            taskWaiters[specification.task, default: []].append((number, continuation))
            for (name, blob) in submission.given { store[name] = blob }
            handle(.submitted(specification, given: Set(submission.given.keys)))
        }
    }

    private func abandon(_ task: Hash, waiter number: Int) {
        guard let index = taskWaiters[task]?.firstIndex(where: { $0.number == number }) else { return }
        let waiter = taskWaiters[task]?.remove(at: index)
        if taskWaiters[task]?.isEmpty ?? false { taskWaiters[task] = nil }
        waiter?.continuation.resume(throwing: CancellationError())
        handle(.abandoned(task))
    }

    // MARK: The scheduler's hands

    func handle(_ event: Scheduler.Event) {
        for action in scheduler.handle(event, at: .now) { perform(action) }
    }

    private func perform(_ action: Scheduler.Action) {
        switch action {
        case .assign(let attempt, let worker): assign(attempt, to: worker)
        case .accept(let attempt, let worker):
            KillPoint.beforeAck.pass()
            note(worker, .accepted(TaskAccepted(task: attempt.task, attempt: attempt.number)))
        case .cancel(let attempt, let worker):
            tell(worker, .cancel(CancelTask(task: attempt.task, attempt: attempt.number)))
        case .deliver(let task, let outputs):
            for waiter in taskWaiters.removeValue(forKey: task) ?? [] {
                waiter.continuation.resume(returning: outputs)
            }
        case .fail(let task, let failures): fail(task, failures)
        case .contradict(let task, let worker):
            log.critical(
                "\(name(worker)) found another result for \(task.role) than an earlier worker. One of them is broken."
            )
        case .fetch(let blob, let worker):
            for request in transfers.begin(blob.name, of: blob.byteCount, from: worker) {
                tell(worker, .blobRequest(request))
            }
        case .provide(let name):
            guard let blob = store[name] else { return }
            for waiter in blobWaiters.removeValue(forKey: name) ?? [] { waiter.continuation.resume(returning: blob) }
        case .lose(let name, let reason):
            let error = TaskError.lost("\(name.short): \(reason)")
            for waiter in blobWaiters.removeValue(forKey: name) ?? [] { waiter.continuation.resume(throwing: error) }
        case .forget(let name): store[name] = nil
        case .letGo(let worker):
            tellNotes(worker)
            tell(worker, .goodbye(Goodbye(.stopping)))
        case .release(let names, let worker):
            members[worker]?.released += names
            noteMore(worker)
        case .dismiss(let worker, let departure, let attempts): dismiss(worker, departure, attempts)
        }
    }

    private func assign(_ attempt: Attempt, to worker: WorkerID) {
        guard let task = scheduler.specification(of: attempt.task), let packed = programs[task.program] else { return }
        var attached: [Hash] = []
        var frames: [Frame] = []
        var byteCount = 0
        func attach(_ name: Hash, _ blob: Frame?) {
            guard let blob, blob.count <= WireLimits.frame, byteCount + blob.count <= WireLimits.frameBytes,
                frames.count < WireLimits.frames, !attached.contains(name)
            else { return }
            attached.append(name)
            frames.append(blob)
            byteCount += blob.count
        }
        if members[worker]?.programs.contains(packed.blob.name) == false {
            attach(packed.blob.name, packed.content)
            members[worker]?.programs.insert(packed.blob.name)
        }
        for input in task.inputs where !scheduler.holds(worker, input.name) { attach(input.name, store[input.name]) }
        let assignment = Assignment(
            task: attempt.task,
            attempt: attempt.number,
            role: task.role,
            program: packed.blob,
            inputs: task.inputs,
            attached: attached
        )
        tellNotes(worker)
        report(.assigned(task.role, worker: name(worker), attempt: scheduler.tries(of: attempt.task)))
        tell(worker, .assignment(assignment), frames: frames)
    }

    private func fail(_ task: TaskSpecification, _ failures: [AttemptFailure]) {
        let error = TaskError.failed(role: task.role, attempts: failures.map(\.sentence))
        // Whoever waits for it tells.
        log.debug("\(error)")
        for waiter in taskWaiters.removeValue(forKey: task.task) ?? [] { waiter.continuation.resume(throwing: error) }
    }

    private func dismiss(_ worker: WorkerID, _ departure: Scheduler.Departure, _ attempts: [Attempt]) {
        guard let member = members.removeValue(forKey: worker) else { return }
        sessions[member.peer] = nil
        if farewell != nil, members.isEmpty { close() }
        transfers.giveUpAll(from: worker)
        let reason =
            switch departure {
            case .disconnected: "its connection ended"
            case .goodbye: "it said goodbye"
            case .silent: "nothing was heard from it for \(settings.heartbeatTimeout)"
            }
        let roles = attempts.compactMap { scheduler.specification(of: $0.task)?.role }
        report(.left(worker: member.label, reason: reason, givenBack: roles))
    }

    // MARK: Words

    /// A new session's number. They increase, and nobody can guess another's, to come back in its place; those of
    /// different coordinators differ, most probably, so that a worker notices.
    func newSession() -> WorkerID {
        sessionCount += 1
        return WorkerID(session: sessionCount << 40 | UInt64.random(in: 0..<1 << 40))
    }

    func name(_ worker: WorkerID) -> String { members[worker]?.label ?? worker.description }

    func report(_ event: ClusterEvent) {
        switch event {
        case .joined, .assigned, .finished: log.debug("\(event)")
        case .left(_, _, let givenBack) where givenBack.isEmpty: log.debug("\(event)")
        case .left, .failed: log.warning("\(event)")
        }
        observe(event)
    }

    func tell(_ worker: WorkerID, _ message: Message, frames: [Frame] = []) {
        guard let peer = members[worker]?.peer else { return }
        send(message, frames: frames, to: peer)
    }

    /// Tells a worker something for which nobody waits. Each message wakes threads on both sides.
    private func note(_ worker: WorkerID, _ message: Message) {
        members[worker]?.notes.append(message)
        noteMore(worker)
    }

    private func noteMore(_ worker: WorkerID) {
        guard let member = members[worker] else { return }
        let isMuch = member.notes.count >= Self.mostNotes || member.released.count >= WireLimits.released
        if isMuch || scheduler.isDraining(worker) { tellNotes(worker) }
    }

    private static let mostNotes = 64

    private func tellNotes(_ worker: WorkerID) {
        guard let member = members[worker] else { return }
        for note in member.notes { tell(worker, note) }
        for start in stride(from: 0, to: member.released.count, by: WireLimits.released) {
            let some = member.released[start..<min(start + WireLimits.released, member.released.count)]
            tell(worker, .release(Release(names: Array(some))))
        }
        members[worker]?.notes = []
        members[worker]?.released = []
    }

    func send(_ message: Message, frames: [Frame] = [], to peer: PeerID) {
        do throws(WireError) {
            // What does not arrive is missed: by silence, or by a connection that ends.
            try router.send(Parcel(message, frames: frames), to: peer)
        } catch {
            log.error("'\(message.kind)' cannot be sent to \(peer): \(error).")
        }
    }

    private func beatLater() {
        loop.alarm(at: .now.advanced(by: settings.heartbeatInterval)) { [weak self] in
            self?.assumeIsolated { coordinator in
                guard coordinator.farewell == nil else { return }
                for worker in coordinator.members.keys.sorted() {
                    coordinator.tellNotes(worker)
                    coordinator.tell(worker, .heartbeat(Heartbeat(session: worker.session)))
                }
                coordinator.handle(.tick)
                coordinator.lookAfterAccess()
                coordinator.beatLater()
            }
        }
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
        guard farewell == nil else { throw TaskError.shutDown }
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

package import Tensors
package import Wire

/// What a coordinator does about everything that happens to it: who takes part, what each worker is told, which results
/// count and since when. A value: events and the time go in, actions come out.
///
/// It knows blobs by their names; their bytes, sockets, files and those who wait are the shell's. Beneath it the
/// `Scheduler` decides who computes what.
package struct CoordinatorLife: Sendable {
    /// How it treats its workers.
    package struct Settings: Hashable, Sendable {
        /// What decides bits; a worker of another version is refused.
        package var numericsVersion: UInt32
        /// How often each side says that it lives.
        package var heartbeatInterval: Duration = .milliseconds(500)
        /// Workers at a time.
        package var mostWorkers = 4_096
        /// The build of the program that it is part of.
        package var build = ""
        /// Whether there is a journal, in which results are made durable.
        package var isRecording = false
        /// When tasks are given up, and how long workers may be silent.
        package var limits = Scheduler.Limits()
        /// Bytes of blobs that are on their way here or wait for the journal, at the same time. What is more stays where it is
        /// until there is room; one blob may be larger.
        package var fetchedBytes = 64 << 20
        /// How long workers have to answer a farewell.
        package var farewellPatience: Duration = .seconds(1)

        /// The defaults.
        package init(numericsVersion: UInt32) { self.numericsVersion = numericsVersion }
    }

    /// Something that happened.
    package enum Event: Sendable {
        // Peers
        /// A peer is heard for the first time, over a connection that has proven a key if there are keys. Before anything else of
        /// it, or not at all.
        case came(PeerID, with: PublicKey?)
        /// A peer greets, over a connection that has proven a key if there are keys, and over which the system sends again
        /// after such a pause what was not answered. The lot is a random number that nobody else knows, and the token another
        /// one.
        case greeted(
            Hello,
            by: PeerID,
            at: String?,
            with: PublicKey? = nil,
            resendPause: Duration? = nil,
            lot: UInt32,
            token: UInt64
        )
        /// A peer says that its connection is for the blobs of a session.
        case offeredData(DataHello, by: PeerID, with: PublicKey? = nil)
        /// A peer said something else.
        case said(Message, by: PeerID, Content)
        /// A connection is gone.
        case disconnected(PeerID)
        /// A peer is ignored by the endpoint from now on.
        case dropped(PeerID, because: String)
        /// A blob that was put together has its name, or not.
        case assembled(Hash, isSound: Bool)
        // The recipe
        /// Somebody waits for the result of a task. Its inputs are known, or given: their bytes are here.
        case submitted(TaskSpecification, given: [Hash])
        /// One who waited for a task does so no more.
        case abandoned(Hash)
        /// Somebody keeps a blob in the cluster, whose bytes are here.
        case shared(TensorBlob)
        /// Somebody waits for the bytes of a blob.
        case wanted(Hash)
        /// One use of each of these blobs is over.
        case released([Hash])
        // The journal
        /// The result of a task was found in the journal, so that nobody will ask for it.
        case settled(Hash)
        /// These results are durable.
        case journaled([Hash])
        /// What was written down of a task's result is no longer there.
        case erased(Hash)
        /// Results could not be made durable, and none will be.
        case journalFailed(String)
        /// Time has passed.
        case tick
        /// The coordinator shall end.
        case stop(Goodbye.Reason)
    }

    /// What the shell sees of the bytes that came with a message, and of the way on which they came.
    package struct Content: Hashable, Sendable {
        /// Those of the attached blobs that do not have their names.
        package var damaged: Set<Hash> = []
        /// Whether the numbers of all attached tensors are finite.
        package var isFinite = true
        /// Bytes of the only frame, where there is one.
        package var byteCount = 0
        /// With a heartbeat: after which pause the system now sends again over this connection what was not answered.
        package var resendPause: Duration?

        /// Nothing, or nothing wrong.
        package init(
            damaged: Set<Hash> = [],
            isFinite: Bool = true,
            byteCount: Int = 0,
            resendPause: Duration? = nil
        ) {
            self.damaged = damaged
            self.isFinite = isFinite
            self.byteCount = byteCount
            self.resendPause = resendPause
        }
    }

    /// Something to do.
    package enum Action: Hashable, Sendable {
        // Peers
        /// Tell a peer something, with these blobs.
        case send(Message, attached: [Hash] = [], to: PeerID)
        /// Leave a peer its connection, although it lasts longer than strangers' may.
        case admit(PeerID)
        /// Listen to a peer no more, and end its connection once it may have read what was said to it.
        case expel(PeerID)
        /// Send a piece of a blob, or say that it is missing.
        case answer(BlobRequest, to: PeerID)
        /// Keep the piece of a blob that came.
        case keepPiece(Hash)
        /// Put a blob together from its pieces, keep it if it has its name and type, and tell whether it does.
        case assemble(TensorBlob)
        /// Forget the pieces of a blob that have come.
        case dropPieces(Hash)
        // The recipe
        /// Give all who wait for a task its outputs.
        case deliver(Hash, outputs: [TensorBlob])
        /// Tell all who wait for a task that there is no result.
        case fail(TaskSpecification, [AttemptFailure])
        /// Give all who wait for a blob its bytes.
        case provide(Hash)
        /// Tell all who wait for a blob that it is nowhere.
        case lose(Hash, because: String)
        /// Forget the bytes of a blob.
        case forget(Hash)
        // The journal
        /// Make a result durable, and tell when it is.
        case journal(Scheduler.Finding, worker: String)
        /// Write the result that was to be made durable not down after all, or erase it, and tell when it is gone.
        case erase(Hash)
        /// Count a result that will not be durable.
        case noteUnrecorded
        // All
        /// Tell those who watch.
        case report(ClusterEvent)
        /// Write a sentence into the log.
        case log(Gravity, String)
        /// Tell everybody who waits that nothing more will come, and why if something went wrong.
        case abort(because: String?)
        /// Everything was said: stop listening.
        case end
    }

    /// How much a sentence in the log matters.
    package enum Gravity: Hashable, Sendable {
        /// For those who look for something.
        case detail
        /// Something went wrong and was dealt with.
        case warning
        /// A peer did something wrong, and may do so as often as it likes.
        case complaint
        /// Somebody must do something.
        case critical
    }

    /// A worker that was admitted.
    struct Member {
        let peer: PeerID
        /// What people see of it.
        let label: String
        let key: PublicKey?
        var progress: [Hash: TaskProgress] = [:]
        var programs: Set<Hash> = []
        /// What it is told when there is much of it, or with its next heartbeat.
        var accepted: [TaskAccepted.Result] = []
        /// Whether it keeps large results, or inputs, until it is told.
        var keepsMuch = false
        /// What it is told then that it need not keep.
        var released: [Hash] = []
        /// By what its data connection proves that it is its own.
        let token: UInt64
        /// Whether it is so near that much may ride along with messages.
        let isNearby: Bool
        let slots: Int
        /// How long it may be silent.
        var silence: Duration
        /// Its data connection.
        var data: PeerID?
        /// The number of its last data connection; the greeting of an earlier one may come later.
        var dataNumber = 0
        /// Whether it was told to make one.
        var isSummoned = false
        /// Bytes of blobs that were attached to assignments of which nothing was heard since.
        var attached: [Hash: Int] = [:]

        var attachedBytes: Int { isNearby ? WireLimits.attachedNearby : WireLimits.attachedFar }

        init(
            peer: PeerID,
            name: String,
            address: String?,
            key: PublicKey?,
            token: UInt64,
            isNearby: Bool,
            slots: Int,
            silence: Duration
        ) {
            self.peer = peer
            self.slots = slots
            self.silence = silence
            self.key = key
            self.token = token
            self.isNearby = isNearby
            label = name.isEmpty ? address ?? "a worker" : name.printable
        }
    }

    let settings: Settings
    package internal(set) var scheduler: Scheduler
    var transfers: Transfers<WorkerID>
    /// What is on its way from workers that were told to let go of it.
    var unwanted: [(blob: Hash, worker: WorkerID)] = []
    /// Bytes of results that wait for the journal, of those that are large, and of them together.
    var journaling: [Hash: Int] = [:]
    var journalingBytes = 0
    var members = Table<WorkerID, Member>()
    var sessions: [PeerID: WorkerID] = [:]
    /// Whose data connection a peer is.
    var dataSessions: [PeerID: WorkerID] = [:]
    /// Whose each session is or was, where there are keys.
    var sessionKeys: [WorkerID: PublicKey] = [:]
    /// The keys of workers that were wrong.
    var barred: Set<PublicKey> = []
    /// What each of those who take part has sent and begun.
    var accounts = Accounts()
    /// Sessions that were begun.
    var sessionCount: UInt32 = 0
    /// What workers are told who come now; nil until the coordinator was told to stop.
    package internal(set) var farewell: Goodbye.Reason?
    /// When it ends, whoever has answered.
    var end: Instant?
    package internal(set) var isOver = false
    var actions: [Action] = []
    var now = Instant(nanoseconds: 0)

    /// A coordinator that knows nobody.
    package init(_ settings: Settings) {
        self.settings = settings
        transfers = Transfers(budget: settings.fetchedBytes)
        scheduler = Scheduler(limits: settings.limits, isRecording: settings.isRecording)
    }

    /// Takes note of something, and says what is to be done about it, in order.
    package mutating func handle(_ event: Event, at now: Instant) -> [Action] {
        actions.removeAll(keepingCapacity: true)
        self.now = now
        guard !isOver else { return [] }
        switch event {
        case .came(let peer, let key): accounts.open(peer, with: key, at: now)
        case .greeted(let hello, let peer, let address, let key, let resendPause, let lot, let token):
            accounts.open(peer, with: key, at: now)
            guard charge(Accounts.greetingCost, to: peer) else { break }
            greet(hello, from: peer, at: address, with: key, resendPause, lot, token)
        case .offeredData(let hello, let peer, let key):
            accounts.open(peer, with: key, at: now)
            if charge(Allowance.cost(), to: peer) { takeData(hello, from: peer, with: key) }
        case .said(let message, let peer, let content):
            if charge(message, content, to: peer) { receive(message, content, from: peer) }
        case .disconnected(let peer):
            loseData(peer)
            if let worker = sessions[peer] { tell(.left(worker, because: .disconnected)) }
            accounts.close(peer)
        case .dropped(let peer, let reason):
            log(.complaint, "\(label(peer)) is ignored from now on: \(reason).")
            // Without a way for its blobs a worker is of no use; it may begin anew.
            if let worker = sessions[peer] ?? dataSessions[peer] { tell(.left(worker, because: .disconnected)) }
        case .assembled(let blob, let isSound): close(blob, isSound: isSound)
        case .submitted(let task, let given): tell(.submitted(task, given: given))
        case .abandoned(let task): tell(.abandoned(task))
        case .shared(let blob): tell(.shared(blob))
        case .wanted(let blob): tell(.wanted(blob))
        case .released(let blobs): tell(.released(blobs))
        case .settled(let task): tell(.settled(task))
        case .journaled(let tasks):
            noteJournaled(tasks)
            if farewell == nil { tell(.journaled(tasks)) }
        case .erased(let task): if farewell == nil { tell(.erased(task)) }
        case .journalFailed(let reason): if farewell == nil { sayGoodbye(.stopping, because: reason) }
        case .tick: beat()
        case .stop(let reason): if farewell == nil { sayGoodbye(reason, because: nil) }
        }
        stopUselessTransfers()
        askForBlobs()
        return actions
    }

    // MARK: What others may know

    /// How the cluster stands.
    package var status: ClusterStatus {
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

    // MARK: Time

    /// When the next worker is taken for gone, unless it is heard before.
    package var silenceEnd: Instant? { farewell == nil ? scheduler.silenceEnd?.advanced(by: .milliseconds(1)) : nil }

    private mutating func beat() {
        if let end, now >= end { return close() }
        guard farewell == nil else { return }
        for worker in members.keys.sorted() {
            tellNotes(worker)
            send(.heartbeat(Heartbeat(session: worker.session, timeout: members[worker]?.silence)), to: worker)
        }
        tell(.tick)
        giveUpOverdueBlobs()
    }

    mutating func sayGoodbye(_ reason: Goodbye.Reason, because failure: String?) {
        farewell = reason
        // Who waits for the tasks is given it as an error, and says it.
        if let failure { log(.detail, failure) }
        for worker in members.keys.sorted() {
            tellNotes(worker)
            send(.goodbye(Goodbye(reason)), to: worker)
        }
        actions.append(.abort(because: failure))
        // What a peer has not read may be dropped when the connection ends, so the answers are waited for.
        if members.isEmpty { close() } else { end = now.advanced(by: settings.farewellPatience) }
    }

    mutating func close() {
        guard !isOver else { return }
        isOver = true
        members = Table()
        sessions = [:]
        dataSessions = [:]
        actions.append(.end)
    }

    // MARK: Words

    func name(_ worker: WorkerID) -> String { members.look(worker) { $0.label } ?? worker.description }

    func label(_ peer: PeerID) -> String {
        (sessions[peer] ?? dataSessions[peer]).flatMap { members[$0]?.label } ?? peer.description
    }

    mutating func log(_ gravity: Gravity, _ sentence: String) { actions.append(.log(gravity, sentence)) }

    mutating func send(_ message: Message, attached: [Hash] = [], to worker: WorkerID) {
        guard let peer = members.look(worker, { $0.peer }) else { return }
        actions.append(.send(message, attached: attached, to: peer))
    }

    /// Tells a worker that a result is safe: before its next task if it keeps much until then, else when there are many, since
    /// each message costs time on both sides.
    mutating func accept(_ attempt: Attempt, from worker: WorkerID) {
        // A task that nobody needs any more is known no more; what its result weighs was noted when it came.
        let outputs = scheduler.specification(of: attempt.task)?.outputs ?? []
        let isLarge = outputs.contains { Self.isLarge($0) }
        let count = members.update(worker) { member in
            if isLarge { member.keepsMuch = true }
            member.accepted.append(TaskAccepted.Result(task: attempt.task, attempt: attempt.number))
            return member.accepted.count
        }
        if count == Self.mostNotes || scheduler.isDraining(worker) { tellNotes(worker) }
    }

    static func isLarge(_ tensor: TensorType) -> Bool { tensor.byteCount > 4_096 }

    mutating func noteMore(_ worker: WorkerID) {
        let count = members.look(worker) { $0.released.count } ?? 0
        if count >= Self.mostNotes || scheduler.isDraining(worker) { tellNotes(worker) }
    }

    private static let mostNotes = 32

    mutating func tellNotes(_ worker: WorkerID) {
        guard let member = members[worker], !member.accepted.isEmpty || !member.released.isEmpty else { return }
        if !member.accepted.isEmpty { send(.accepted(TaskAccepted(member.accepted)), to: worker) }
        // It may have found meanwhile what it was to let go of.
        let released = member.released.filter { !scheduler.holds(worker, $0) }
        for start in stride(from: 0, to: released.count, by: WireLimits.released) {
            let some = released[start..<min(start + WireLimits.released, released.count)]
            send(.release(Release(names: Array(some))), to: worker)
        }
        members.update(worker) { member in
            // What is large may have come and not be accepted yet.
            if !member.accepted.isEmpty { member.keepsMuch = false }
            member.accepted = []
            member.released = []
        }
    }
}

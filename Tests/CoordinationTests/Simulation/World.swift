import Tasks
import Tensors
import TestSupport
import Wire

@testable import Coordination

/// One coordinator's scheduler, the lives of some workers, and the connections between them, in simulated time.
///
/// Messages of a connection arrive in order; connections break and come back; everything else is up to chance, which a
/// seed decides. After each event the world checks what must always hold, and notes what does not.
struct World {
    /// What goes wrong.
    struct Faults: OptionSet {
        let rawValue: Int
        /// Workers are killed.
        static let crash = Faults(rawValue: 1)
        /// Connections break and come back; the coordinator may notice late.
        static let cut = Faults(rawValue: 2)
        /// Workers freeze for some seconds.
        static let freeze = Faults(rawValue: 4)
        /// Workers are told to stop.
        static let drain = Faults(rawValue: 8)
        /// Runs fail for no reason of the task's.
        static let stumble = Faults(rawValue: 16)
        /// Blobs are not found where they lie.
        static let lose = Faults(rawValue: 32)
        /// The coordinator is killed, and started again with nothing.
        static let restart = Faults(rawValue: 64)
        /// Somebody who was given nothing claims all kinds of things.
        static let liar = Faults(rawValue: 128)
        /// Messages of tasks come twice, and late.
        static let duplicate = Faults(rawValue: 256)
        /// The disk is full, so that the coordinator ends; it is started again when there is room.
        static let disk = Faults(rawValue: 512)
        /// Time leaps, as on a machine that was suspended.
        static let leap = Faults(rawValue: 1_024)
        /// Some workers have no room for more than a few large blobs.
        static let tight = Faults(rawValue: 2_048)
        /// Some workers find numbers that are not finite where there are none, each its own.
        static let broken = Faults(rawValue: 4_096)
        /// A direction of a connection stands still for some seconds; what is under way arrives later.
        static let stall = Faults(rawValue: 8_192)
        /// Connections for blobs break on their own, and come back.
        static let cutData = Faults(rawValue: 16_384)
        static let all = Faults(rawValue: 32_767)

        /// Some of all, for each seed others.
        static func mixture(_ seed: UInt64) -> Faults {
            Faults(rawValue: Int((seed &* 0x9e37_79b9_7f4a_7c15) >> 40) & all.rawValue)
        }
    }

    /// What is wrong with the coordinator itself, on purpose: the checks must find it.
    enum Weakness: CaseIterable {
        /// A result that comes twice has an effect twice.
        case countsTwice
        /// Results are accepted before they are durable.
        case acknowledgesBeforeSync
        /// The recipe takes results in the order in which they come.
        case foldsAsTheyCome
    }

    /// A message, and what of the bytes with it matters.
    struct Parcel {
        let message: Message
        /// The blobs that are attached.
        var blobs: [Hash] = []
        /// Bytes of a piece of a blob.
        var byteCount = 0

        /// The answer to a request for a blob of so many bytes; nil where there is none.
        init(answering request: BlobRequest, size: Int?) {
            if let size, request.offset < max(size, 1) {
                message = .blobChunk(BlobChunk(name: request.name, offset: request.offset, total: size))
                byteCount = min(request.length, size - request.offset)
            } else {
                message = .blobMissing(BlobMissing(name: request.name))
            }
        }

        init(_ message: Message, blobs: [Hash] = []) {
            self.message = message
            self.blobs = blobs
        }
    }

    /// A connection. What is under way in it is lost when it breaks.
    struct Link {
        /// Nil for one who is only simulated by what it says.
        let host: Int?
        let peer: PeerID
        /// Whether it is for blobs.
        var isData = false
        var toCoordinator: [Parcel?] = []  // nil: the coordinator notices that the connection is gone
        var toWorker: [Parcel] = []
        var isOpen = true
        /// Until when nothing arrives at the coordinator, and at the worker.
        var stalledUntil = (up: Instant(nanoseconds: 0), down: Instant(nanoseconds: 0))
    }

    var random: Seeded
    let faults: Faults
    var now = Instant(nanoseconds: 0)
    var isCalm = false
    let tells: Bool
    var story: [String] = []
    var violations: [String] = []

    // The coordinator
    let followedBytes: Int
    var life: CoordinatorLife
    var isUp = true
    var events: [CoordinatorLife.Event] = []
    var isHandling = false
    var store: Set<Hash> = []
    /// Blobs that have just come, uninvited.
    var staged: Set<Hash> = []
    var linkOfPeer: [PeerID: Int] = [:]
    var announced: [WorkerID: Set<Hash>] = [:]
    var nextBeat = Instant(nanoseconds: 0)
    var liar: WorkerID?
    var attempts: [Hash: Int] = [:]
    /// Whether a wrong result counted since nobody could have found that it is, or a task ended in a standoff.
    var isExcused = false
    /// How often the training failed since by chance workers were killed whenever they ran one of its tasks.
    var misfortunes = 0
    /// Broken workers that were sent away.
    var unmasked = 0
    /// When the faults ended, and when all work did.
    var faultsEnd: Instant?
    var workEnd: Instant?

    // The disk
    var disk: [Hash: [TensorBlob]] = [:]
    var unwritten: [Scheduler.Finding] = []
    /// Tasks whose results are to be erased from the disk.
    var erasing: [Hash] = []
    var writing: [Scheduler.Finding] = []
    var pendingNotice: [Hash] = []
    var restartAt: Instant?

    // The recipe
    var training: Training?
    var sizes: [Hash: Int] = [:]
    var specifications: [TaskSpecification] = []
    var demand = Demand()

    // Workers and connections
    var hosts: [Host] = []
    var links: [Link] = []

    let weakness: Weakness?
    /// Whether to look at everything that is stored after each event, which takes long.
    let checksStore: Bool
    /// Whether something happens on purpose that the coordinator must cry out about.
    var mayBeCritical: Bool { !faults.isDisjoint(with: [.disk, .broken]) }

    init(seed: UInt64, faults: Faults, weakness: Weakness? = nil, trains: Bool = false, tells: Bool = false) {
        random = Seeded(seed)
        self.faults = faults
        self.weakness = weakness
        self.tells = tells
        checksStore = seed % 4 == 0
        // In every other world tasks follow inputs of any size to where they were made.
        followedBytes = seed % 2 == 0 ? 1 : Scheduler.Limits().followedBytes
        life = CoordinatorLife(Self.settings(followedBytes))
        for number in 0..<30 { sizes[Truth.program(number).name] = Truth.program(number).byteCount }
        if trains {
            training = Training(
                tasks: Int.random(in: 2...5, using: &random),
                rounds: Int.random(in: 2...4, using: &random),
                keeping: random.oneIn(4) ? .untilSnapshot : .recorded
            )
        }
        for _ in 0..<Int.random(in: 1...4, using: &random) { addHost() }
    }

    /// Lives through faults, then through calm until everything has ended.
    mutating func run(steps: Int, tasks: Int) {
        var left = tasks
        for _ in 0..<steps where violations.isEmpty {
            pass()
            guard isUp, life.farewell == nil else { continue }
            if let training {
                if training.model == nil { train() } else { break }
                if random.oneIn(8) { spoilSomething() }
                continue
            }
            if left > 0, random.oneIn(4) {
                left -= 1
                submitSomething()
            }
            if random.oneIn(6) { wishSomething() }
            if random.oneIn(8) { spoilSomething() }
        }
        isCalm = true
        faultsEnd = now
        for link in links.indices { links[link].stalledUntil = (now, now) }
        for host in hosts.indices { hosts[host].frozenUntil = now }
        if let liar, let peer = peer(of: liar) { handle(.said(.goodbye(Goodbye(.stopping)), by: peer, .init())) }
        liar = nil
        settle("all work ends") {
            $0.isExcused
                || $0.demand.isMet && $0.isUp && ($0.training?.model ?? $0.training?.calmModel) == $0.training?.model
        }
        workEnd = now
        guard !isExcused else { return }
        if let training, violations.isEmpty {
            check(training.model == training.calmModel, "the model is not that of the calm run")
            check(training.duplicates == 0, "\(training.duplicates) results had an effect twice")
        }
        while violations.isEmpty, let handle = demand.handles.keys.sorted().first { release(handle) }
        settle("nothing is left") { world in
            world.life.scheduler.isEmpty && world.store.isEmpty && world.life.scheduler.offers.isEmpty
                && world.hosts.allSatisfy {
                    !$0.isAlive
                        || $0.life.blobs.isSubset(of: $0.programs) && $0.marks.isEmpty && $0.supply.awaited.isEmpty
                            && $0.chores.isEmpty && $0.outcomes.isEmpty
                }
        }
    }

    /// Goes on without faults until something holds.
    private mutating func settle(_ aim: String, _ isReached: (World) -> Bool) {
        for _ in 0..<60_000 where violations.isEmpty {
            if isReached(self) { return }
            pass()
        }
        guard violations.isEmpty else { return }
        let blobs = hosts.filter(\.isAlive).map {
            "\($0.number): \($0.life.blobs.subtracting($0.programs).map(\.short))"
        }
        violations.append(
            """
            it does not come to this: \(aim); waiters \(demand.waiters.map { "\($0.key.short) \($0.value)" }), \
            wanted \(demand.wanted.keys.map(\.short)), store \(store.map(\.short)), at workers \(blobs), \
            ready \(life.scheduler.ready.count), parked \(life.scheduler.parked.count), \
            delayed \(life.scheduler.delayed.count), doubts \(life.scheduler.doubts), \
            tasks \(life.scheduler.tasks.map { "\($0.key.short) \($0.value.phase)" }), \
            blobs \(life.scheduler.blobs.map { "\($0.key.short) \($0.value)" })
            """
        )
    }

    /// A little time passes, and one or two things happen.
    private mutating func pass() {
        now = now.advanced(by: .milliseconds(Int.random(in: 1...12, using: &random)))
        if isCalm, hosts.count(where: { $0.isAlive && !$0.isStopping && !$0.isSmall }) < 2 { addHost(isSmall: false) }
        if let restartAt, now >= restartAt { restart() }
        if now >= nextBeat { beat() }
        if !(unwritten.isEmpty && writing.isEmpty && pendingNotice.isEmpty), random.oneIn(4) { sync() }
        if isCalm, training != nil { train() }
        for host in hosts.indices where hosts[host].isAlive { tickIfDue(host) }
        let busy = links.indices.filter { canMove($0) }
        if let link = busy.randomElement(using: &random) { move(link) }
        let computing = hosts.indices.filter { isAwake($0) && !hosts[$0].running.isEmpty }
        if let host = computing.randomElement(using: &random), random.oneIn(5) { finishRun(host) }
        let busied = hosts.indices.filter { isAwake($0) && !(hosts[$0].chores.isEmpty && hosts[$0].outcomes.isEmpty) }
        if let host = busied.randomElement(using: &random), random.oneIn(3) { doChore(host) }
        let apart = hosts.indices.filter { isAwake($0) && hosts[$0].isConnecting }
        if let host = apart.randomElement(using: &random), random.oneIn(10) { connect(host) }
        let blobless = hosts.indices.filter { isAwake($0) && hosts[$0].isConnectingData }
        if let host = blobless.randomElement(using: &random), random.oneIn(6) { connectData(host) }
    }

    func isAwake(_ host: Int) -> Bool { hosts[host].isAlive && hosts[host].frozenUntil <= now }

    private func canMove(_ link: Int) -> Bool {
        canReachCoordinator(link) || canReachWorker(link)
    }

    private func canReachCoordinator(_ link: Int) -> Bool {
        !links[link].toCoordinator.isEmpty && links[link].stalledUntil.up <= now
    }

    private func canReachWorker(_ link: Int) -> Bool {
        guard let host = links[link].host else { return false }
        return links[link].isOpen && isAwake(host) && !links[link].toWorker.isEmpty
            && links[link].stalledUntil.down <= now
    }

    /// One message arrives.
    private mutating func move(_ link: Int) {
        if let host = links[link].host, canReachWorker(link), !canReachCoordinator(link) || random.oneIn(2) {
            let parcel = links[link].toWorker.removeFirst()
            if links[link].isData {
                arriveOverData(parcel, at: host)
            } else {
                arrive(parcel.message, with: parcel.blobs, at: host)
            }
        } else if let parcel = links[link].toCoordinator.removeFirst() {
            if !isCalm, faults.contains(.duplicate), parcel.message.mayComeTwice, random.oneIn(6) {
                let place = Int.random(in: 0...links[link].toCoordinator.count, using: &random)
                let end = links[link].toCoordinator.firstIndex { $0 == nil } ?? place
                links[link].toCoordinator.insert(parcel, at: min(place, end))
            }
            receive(parcel, from: link)
        } else {
            forget(link)
        }
    }

    // MARK: Faults

    private mutating func spoilSomething() {
        let alive = hosts.indices.filter { hosts[$0].isAlive }
        let host = alive.randomElement(using: &random)
        switch Int.random(in: 0..<44, using: &random) {
        case 0..<2: if let host, faults.contains(.crash) { crash(host) }
        case 2..<6: if let host, faults.contains(.cut) { cut(host) }
        case 6..<8:
            if let host, faults.contains(.freeze) {
                tell("host \(host) freezes")
                hosts[host].frozenUntil = now.advanced(by: .milliseconds(Int.random(in: 100...5_000, using: &random)))
            }
        case 8: if let host, faults.contains(.drain) { stop(host) }
        case 9..<14: if alive.count < 5 { addHost() }
        case 14: if faults.contains(.restart), random.oneIn(3) { restart() }
        case 15..<25: if faults.contains(.liar) { lie() }
        case 40..<44: if let host, faults.contains(.cutData) { cutData(host) }
        case 25:
            guard faults.contains(.leap) else { return }
            let leap = random.pick([3, 60, 3_600, 86_400])
            tell("time leaps by \(leap) s")
            now = now.advanced(by: .seconds(leap))
        case 26..<30:
            guard faults.contains(.stall), let link = host.flatMap({ hosts[$0].link }) else { return }
            let end = now.advanced(by: .milliseconds(Int.random(in: 100...5_000, using: &random)))
            let way = Int.random(in: 0..<3, using: &random)
            tell("link \(link) stands still, \(["up", "down", "both ways"][way])")
            if way != 1 { links[link].stalledUntil.up = end }
            if way != 0 { links[link].stalledUntil.down = end }
        default: break
        }
    }

    mutating func tell(_ sentence: @autoclosure () -> String) {
        if tells { story.append("\(now.nanoseconds / 1_000_000) ms: \(sentence())") }
    }

    mutating func check(_ holds: Bool, _ sentence: @autoclosure () -> String) {
        if !holds { violations.append("\(now.nanoseconds / 1_000_000) ms: \(sentence())") }
    }
}

extension Message {
    /// Whether it may be repeated and be late without being wrong.
    fileprivate var mayComeTwice: Bool {
        switch self {
        case .finished, .failed, .started, .heartbeat: true
        default: false
        }
    }
}

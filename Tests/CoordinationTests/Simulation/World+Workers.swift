import Tasks
import Tensors
import TestSupport
import Wire

@testable import Coordination

/// A worker's process.
struct Host {
    let number: Int
    /// Whether it has little memory.
    let isSmall: Bool
    var life: WorkerLife
    var isAlive = true
    var isStopping = false
    var frozenUntil = Instant(nanoseconds: 0)
    var isConnecting = true
    var link: Int?
    var store: Set<Hash> = []
    var programs: Set<Hash> = []
    /// Whether it is at the coordinator's machine.
    let isNearby: Bool
    /// Among which of several machines it shares blobs with others.
    let machine: Int
    /// Large blobs that others of its machine find as long as it has them.
    var placed: Set<Hash> = []
    /// The marks of blobs that it fetches for its machine.
    var marks: [Hash: (number: Int, steps: Int)] = [:]
    /// What is to be looked for, checked and placed, one after the other, and what came of it and is not told yet.
    var chores: [Chore] = []
    var outcomes: [Outcome] = []
    var supply = Supply(smallestShared: 100_000)
    var dataLink: Int?
    var isConnectingData = false
    var running: [Assignment] = []
    var nextTick = Instant(nanoseconds: 0)
    let slots: Int
    /// Whether it computes wrongly now and then.
    let isBroken: Bool
}

extension Host {
    /// What takes so long that it is done beside everything else.
    enum Chore {
        case look(HostFetches.Look)
        case place(Hash)
    }

    enum Outcome {
        case seen(HostFetches.Sight, of: Hash)
        case placed(Hash)
    }

    /// Whether it has set a mark of which nobody knows yet.
    func isMarking(_ blob: Hash) -> Bool {
        outcomes.contains { if case .seen(.marked, blob) = $0 { true } else { false } }
    }
}

/// The shells around the workers' lives, and what befalls them.
extension World {
    mutating func addHost(isSmall: Bool? = nil) {
        let slots = Int.random(in: 1...3, using: &random)
        let greeting = Hello(
            numericsVersion: 1,
            name: "\(hosts.count)",
            build: "",
            slots: slots,
            cores: 1,
            memoryLimitBytes: 0,
            processID: hosts.count
        )
        var settings = WorkerLife.Settings(greeting)
        // A large blob has 160,000 bytes.
        if faults.contains(.tight), random.oneIn(2) { settings.cacheBytes = random.integer(2...5) * 160_000 }
        let host = Host(
            number: hosts.count,
            isSmall: isSmall ?? random.oneIn(4),
            life: WorkerLife(settings),
            isNearby: random.oneIn(2),
            machine: random.integer(0...2),
            slots: slots,
            isBroken: faults.contains(.broken) && !isCalm && random.oneIn(4)
        )
        tell("host \(host.number) appears with \(slots) slots\(host.isSmall ? " and little memory" : "")")
        hosts.append(host)
    }

    mutating func connect(_ host: Int) {
        hosts[host].isConnecting = false
        hosts[host].link = open(Link(host: host, peer: nextPeer))
        tell("host \(host) connects")
        act(host, .connected)
    }

    var nextPeer: PeerID { PeerID(number: UInt32(links.count)) }

    /// A connection has come about.
    ///
    /// - Returns: its place among all that there were.
    mutating func open(_ link: Link) -> Int {
        linkOfPeer[link.peer] = links.count
        links.append(link)
        return links.count - 1
    }

    /// Closes the worker's end; the coordinator gets some of what is under way, and may notice the end or not.
    private mutating func disconnect(_ host: Int, isNoticed: Bool) {
        guard let link = hosts[host].link else { return }
        hosts[host].link = nil
        close(link, isNoticed: isNoticed)
    }

    private mutating func close(_ link: Int, isNoticed: Bool) {
        links[link].isOpen = false
        links[link].toWorker = []
        let kept = Int.random(in: 0...links[link].toCoordinator.count, using: &random)
        links[link].toCoordinator = Array(links[link].toCoordinator.prefix(isNoticed ? kept : 0))
        if isNoticed { links[link].toCoordinator.append(nil) }
    }

    mutating func connectData(_ host: Int) {
        hosts[host].isConnectingData = false
        hosts[host].dataLink = open(Link(host: host, peer: nextPeer, isData: true))
        tell("host \(host) connects for blobs")
        supply(host, .connected)
    }

    private mutating func disconnectData(_ host: Int, isNoticed: Bool) {
        guard let link = hosts[host].dataLink else { return }
        hosts[host].dataLink = nil
        close(link, isNoticed: isNoticed)
    }

    /// The connection for blobs breaks, and nothing else.
    mutating func cutData(_ host: Int) {
        guard hosts[host].dataLink != nil else { return }
        tell("the connection of host \(host) for blobs breaks")
        disconnectData(host, isNoticed: !random.oneIn(3))
        hosts[host].isConnectingData = true
        supply(host, .disconnected)
    }

    mutating func cut(_ host: Int) {
        guard hosts[host].link != nil else { return }
        tell("the connection of host \(host) breaks")
        disconnect(host, isNoticed: !random.oneIn(3))
        hosts[host].isConnecting = true
        act(host, .disconnected)
    }

    mutating func crash(_ host: Int) {
        tell("host \(host) is killed")
        disconnect(host, isNoticed: !random.oneIn(4))
        disconnectData(host, isNoticed: !random.oneIn(4))
        hosts[host].isAlive = false
    }

    mutating func stop(_ host: Int) {
        guard isAwake(host) else { return }
        tell("host \(host) is told to stop")
        hosts[host].isStopping = true
        act(host, .stop)
    }

    mutating func tickIfDue(_ host: Int) {
        guard isAwake(host) else { return }
        if let look = hosts[host].supply.nextLook, now >= look { supply(host, .tick) }
        guard now >= hosts[host].nextTick else { return }
        hosts[host].nextTick = now.advanced(by: .milliseconds(500))
        act(host, .tick([:]))
        supply(host, .tick)
    }

    mutating func arrive(_ message: Message, with blobs: [Hash], at host: Int) {
        if message.kind != "heartbeat" { tell("host \(host) gets \(message.kind)") }
        switch message {
        case .assignment(let assignment):
            hosts[host].programs.insert(assignment.program.name)
            hosts[host].store.formUnion(blobs)
            act(host, .received(message, blobs: blobs))
        default: act(host, .received(message, blobs: []))
        }
    }

    /// Something arrives over the connection for blobs.
    mutating func arriveOverData(_ parcel: Parcel, at host: Int) {
        act(host, .heard)
        supply(host, .received(parcel.message, byteCount: parcel.byteCount))
    }

    mutating func supply(_ host: Int, _ event: Supply.Event) {
        guard hosts[host].isAlive else { return }
        for action in hosts[host].supply.handle(event, at: now) {
            switch action {
            case .connect:
                disconnectData(host, isNoticed: !random.oneIn(3))
                hosts[host].isConnectingData = true
            case .disconnect:
                disconnectData(host, isNoticed: !random.oneIn(3))
                hosts[host].isConnectingData = false
            case .send(let message):
                if let link = hosts[host].dataLink {
                    links[link].toCoordinator.append(Parcel(message))
                }
            case .answer(let request):
                guard let link = hosts[host].dataLink else { continue }
                // One that is lost is so from its beginning.
                let isLost = !isCalm && faults.contains(.lose) && random.oneIn(4)
                let isHere = hosts[host].store.contains(request.name) && !isLost
                links[link].toCoordinator.append(
                    Parcel(answering: request, size: isHere ? sizes[request.name] ?? 0 : nil)
                )
            case .keepPiece, .dropPieces: break
            case .assemble(let name):
                let isSound = isCalm || !faults.contains(.lose) || !random.oneIn(8)
                if isSound {
                    hosts[host].chores.append(.place(name))
                } else {
                    supply(host, .assembled(name, isSound: false))
                }
            case .look(let look): hosts[host].chores.append(.look(look))
            case .show(let names, let steps): for name in names { hosts[host].marks[name]?.steps = steps }
            case .unmark(let names): for name in names { hosts[host].marks[name] = nil }
            case .fetched(let name):
                hosts[host].store.insert(name)
                act(host, .fetched(name))
            case .unfetchable(let name, let reason): act(host, .unfetchable(name, reason))
            }
        }
        let useless = hosts[host].marks.keys.first {
            !hosts[host].supply.transfers.contains($0) && !hosts[host].isMarking($0)
        }
        check(useless == nil, "host \(host) has marked \(useless?.short ?? ""), and does not fetch it")
    }

    /// A chore is done, or what came of one is told.
    mutating func doChore(_ host: Int) {
        if !hosts[host].outcomes.isEmpty, hosts[host].chores.isEmpty || random.oneIn(2) {
            switch hosts[host].outcomes.removeFirst() {
            case .seen(let sight, let blob): supply(host, .looked(blob, sight))
            case .placed(let name): supply(host, .assembled(name, isSound: true))
            }
        } else if !hosts[host].chores.isEmpty {
            switch hosts[host].chores.removeFirst() {
            case .look(let look): hosts[host].outcomes.append(.seen(sight(of: look, by: host), of: look.blob))
            case .place(let name):
                hosts[host].placed.insert(name)
                hosts[host].outcomes.append(.placed(name))
            }
        }
    }

    /// What a worker finds where those of its machine share blobs.
    private mutating func sight(of look: HostFetches.Look, by host: Int) -> HostFetches.Sight {
        let others = hosts.filter {
            $0.number != host && $0.isAlive && $0.machine == hosts[host].machine
        }
        if others.contains(where: { $0.placed.contains(look.blob) && $0.store.contains(look.blob) }) {
            tell("host \(host) finds \(look.blob.short) on its machine")
            hosts[host].placed.insert(look.blob)
            return .found
        }
        if let mark = others.compactMap({ $0.marks[look.blob] }).first(where: { $0.number == look.mark }) {
            return .taken(steps: mark.steps)
        }
        if faults.contains(.disk), random.oneIn(10) { return .unmarkable }
        hosts[host].marks[look.blob] = (look.mark, 0)
        return .marked
    }

    private mutating func send(_ message: Message, from host: Int) {
        guard let link = hosts[host].link else { return }
        links[link].toCoordinator.append(Parcel(message))
    }

    mutating func act(_ host: Int, _ event: WorkerLife.Event) {
        for action in hosts[host].life.handle(event, at: now) {
            switch action {
            case .send(let message): send(message, from: host)
            case .offer(let finished):
                let attached = finished.outputs.filter(\.isAttached).map(\.tensor.name)
                check(hosts[host].store.isSuperset(of: attached), "host \(host) offers what it does not have")
                send(.finished(finished), from: host)
            case .openSupply(let greeting, let isNearby):
                supply(host, .opened(greeting, isNearby: isNearby))
            case .fetch(let name, let byteCount):
                check(!hosts[host].supply.transfers.contains(name), "host \(host) fetches \(name.short) twice")
                supply(host, .wanted(name, byteCount: byteCount))
            case .stopFetching: supply(host, .closed)
            case .run(let assignment):
                let needs = assignment.inputs.map(\.name) + [assignment.program.name]
                check(hosts[host].store.isSuperset(of: needs), "host \(host) runs what it cannot")
                hosts[host].running.append(assignment)
                check(hosts[host].running.count <= hosts[host].slots, "host \(host) runs more than it can")
            case .interrupt(let task): hosts[host].running.removeAll { $0.task == task }
            case .forget(let names):
                hosts[host].store.subtract(names)
                hosts[host].placed.subtract(names)
            case .reconnect:
                tell("host \(host) connects anew")
                disconnect(host, isNoticed: !random.oneIn(3))
                hosts[host].isConnecting = true
            case .end(let ending):
                if case .refused(let refused) = ending, refused.code == .notAdmitted {
                    check(hosts[host].isBroken, "host \(host) is sent away and was right")
                    unmasked += 1
                }
                tell("host \(host) ends")
                disconnect(host, isNoticed: true)
                disconnectData(host, isNoticed: true)
                hosts[host].isAlive = false
            }
        }
        check(
            !hosts[host].isAlive || hosts[host].store == hosts[host].life.blobs,
            "host \(host) has other blobs than it thinks"
        )
    }

    /// One of the tasks that run comes to its end.
    mutating func finishRun(_ host: Int) {
        guard let assignment = hosts[host].running.randomElement(using: &random) else { return }
        hosts[host].running.removeAll { $0.task == assignment.task }
        let task = assignment.task
        switch Truth.nature(of: task) {
        case .deadly: return crash(host)
        case .failing: return act(host, .failed(task, .execution, "it never works"))
        case .refused: return act(host, .failed(task, .refused, "it is not taken"))
        case .large where hosts[host].isSmall: return act(host, .failed(task, .tooLarge, "it does not fit"))
        case .large, .healthy: break
        }
        if !isCalm, faults.contains(.stumble), random.oneIn(6) {
            return act(host, .failed(task, .execution, "it stumbled"))
        }
        let isWrong = hosts[host].isBroken && random.oneIn(2)
        let truth = Truth.outputs(of: task, inputs: assignment.inputs)
        let outputs = isWrong ? Truth.lie(of: task, by: host, truth.map(\.type)) : truth
        hosts[host].store.formUnion(outputs.map(\.name))
        for output in outputs { sizes[output.name] = output.byteCount }
        act(
            host,
            .ran(
                task,
                outputs: outputs,
                wallNanoseconds: Truth.nanoseconds(of: assignment.program.hash),
                isFinite: !isWrong && !Truth.diverges(task)
            )
        )
    }
}

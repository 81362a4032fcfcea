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
    var fetching: Set<Hash> = []
    var running: [Assignment] = []
    var nextTick = Instant(nanoseconds: 0)
    let slots: Int
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
        let host = Host(
            number: hosts.count,
            isSmall: isSmall ?? random.oneIn(4),
            life: WorkerLife(WorkerLife.Settings(greeting)),
            slots: slots
        )
        tell("host \(host.number) appears with \(slots) slots\(host.isSmall ? " and little memory" : "")")
        hosts.append(host)
    }

    mutating func connect(_ host: Int) {
        hosts[host].isConnecting = false
        hosts[host].link = links.count
        links.append(Link(host: host))
        tell("host \(host) connects")
        act(host, .connected)
    }

    /// Closes the worker's end; the coordinator gets some of what is under way, and may notice the end or not.
    private mutating func disconnect(_ host: Int, isNoticed: Bool) {
        guard let link = hosts[host].link else { return }
        hosts[host].link = nil
        links[link].isOpen = false
        links[link].toWorker = []
        let kept = Int.random(in: 0...links[link].toCoordinator.count, using: &random)
        links[link].toCoordinator = Array(links[link].toCoordinator.prefix(isNoticed ? kept : 0))
        if isNoticed { links[link].toCoordinator.append(nil) }
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
        hosts[host].isAlive = false
    }

    mutating func stop(_ host: Int) {
        guard isAwake(host) else { return }
        tell("host \(host) is told to stop")
        hosts[host].isStopping = true
        act(host, .stop)
    }

    mutating func tickIfDue(_ host: Int) {
        guard isAwake(host), now >= hosts[host].nextTick else { return }
        hosts[host].nextTick = now.advanced(by: .milliseconds(500))
        act(host, .tick([:]))
    }

    mutating func arrive(_ message: Message, with blobs: [Hash], at host: Int) {
        if message.kind != "heartbeat" { tell("host \(host) gets \(message.kind)") }
        switch message {
        case .blobChunk(let chunk):
            guard hosts[host].fetching.remove(chunk.name) != nil else { return }
            hosts[host].store.insert(chunk.name)
            act(host, .fetched(chunk.name))
        case .blobMissing(let missing):
            guard hosts[host].fetching.remove(missing.name) != nil else { return }
            act(host, .unfetchable(missing.name, "it is nowhere"))
        case .blobRequest(let request):
            let isLost = !isCalm && faults.contains(.lose) && random.oneIn(4)
            let answer: Message =
                hosts[host].store.contains(request.name) && !isLost
                ? .blobChunk(BlobChunk(name: request.name, offset: 0, total: 1))
                : .blobMissing(BlobMissing(name: request.name))
            send(answer, from: host)
        case .assignment(let assignment):
            hosts[host].programs.insert(assignment.program.name)
            hosts[host].store.formUnion(blobs)
            act(host, .received(message, blobs: blobs))
        default: act(host, .received(message, blobs: []))
        }
    }

    private mutating func send(_ message: Message, from host: Int) {
        guard let link = hosts[host].link else { return }
        links[link].toCoordinator.append(message)
    }

    mutating func act(_ host: Int, _ event: WorkerLife.Event) {
        for action in hosts[host].life.handle(event, at: now) {
            switch action {
            case .send(let message): send(message, from: host)
            case .offer(let finished):
                let attached = finished.outputs.filter(\.isAttached).map(\.tensor.name)
                check(hosts[host].store.isSuperset(of: attached), "host \(host) offers what it does not have")
                send(.finished(finished), from: host)
            case .fetch(let name, _):
                check(hosts[host].fetching.insert(name).inserted, "host \(host) fetches \(name.short) twice")
                send(.blobRequest(BlobRequest(name: name, offset: 0)), from: host)
            case .stopFetching: hosts[host].fetching = []
            case .run(let assignment):
                let needs = assignment.inputs.map(\.name) + [assignment.program.name]
                check(hosts[host].store.isSuperset(of: needs), "host \(host) runs what it cannot")
                hosts[host].running.append(assignment)
                check(hosts[host].running.count <= hosts[host].slots, "host \(host) runs more than it can")
            case .interrupt(let task): hosts[host].running.removeAll { $0.task == task }
            case .forget(let names): hosts[host].store.subtract(names)
            case .reconnect:
                tell("host \(host) connects anew")
                disconnect(host, isNoticed: !random.oneIn(3))
                hosts[host].isConnecting = true
            case .end:
                tell("host \(host) ends")
                disconnect(host, isNoticed: true)
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
        let outputs = Truth.outputs(of: task, inputs: assignment.inputs)
        hosts[host].store.formUnion(outputs.map(\.name))
        act(host, .ran(task, outputs: outputs, wallNanoseconds: 1))
    }
}

import Tasks
import Tensors
import TestSupport
import Wire

@testable import Coordination

/// The shell around the coordinator's life, as `Coordinator` is one, but with the names of blobs instead of their bytes.
extension World {
    /// What happens on the way is handled afterwards, as people who wait are woken later.
    mutating func handle(_ event: CoordinatorLife.Event) {
        events.append(event)
        guard !isHandling else { return }
        isHandling = true
        while !events.isEmpty { live(through: events.removeFirst()) }
        isHandling = false
        if isUp { checkState() }
    }

    private mutating func live(through event: CoordinatorLife.Event) {
        guard isUp else { return }
        let actions = life.handle(event, at: now)
        switch event {
        case .tick, .said(.heartbeat, _, _): break
        default: tell("event \(Self.words(for: event))")
        }
        for action in actions where violations.isEmpty { perform(action) }
        guard isUp else { return }
        for action in actions {
            guard case .send(let message, _, let peer) = action, let worker = life.sessions[peer],
                let record = life.scheduler.workers[worker]
            else { continue }
            switch message {
            case .assignment:
                let most = record.slots + life.settings.limits.ahead
                check(record.load <= most, "\(worker) is given more than it takes")
            case .release(let release):
                for blob in release.names {
                    let isNeeded = life.scheduler.holds(worker, blob)
                    check(!isNeeded, "\(blob.short) is released where it is counted on")
                }
            default: break
            }
        }
    }

    private mutating func checkState() {
        for blob in demand.handles.keys {
            check(life.scheduler.knows(blob), "\(blob.short) has handles and is unknown")
        }
        for task in demand.waiters.keys {
            check(life.scheduler.specification(of: task) != nil, "\(task.short) is waited for and unknown")
        }
        if checksStore {
            let believed = Set(life.scheduler.blobs.values.filter(\.isStored).map(\.blob.name))
            check(store == believed, "the store is not as believed")
        }
    }

    /// An event without sets, whose order is different each time.
    private static func words(for event: CoordinatorLife.Event) -> String {
        switch event {
        case .submitted(let task, let given): "submitted \(task.task.short) \(given.sorted().map(\.short))"
        case .said(let message, let peer, _): "\(peer) said \(message)"
        default: "\(event)"
        }
    }

    private mutating func perform(_ action: CoordinatorLife.Action) {
        tell("  \(action)")
        switch action {
        case .send(let message, let attached, let peer): send(Parcel(message, blobs: attached), to: peer)
        case .admit: break
        case .expel(let peer): check(false, "\(peer) is sent away")
        case .answer(let request, let peer):
            let size = store.contains(request.name) || isProgram(request.name) ? sizes[request.name] : nil
            send(Parcel(answering: request, size: size), to: peer)
        case .keepPiece, .dropPieces: break
        case .assemble(let tensor):
            let isSound = isCalm || !faults.contains(.lose) || !random.oneIn(8)
            if isSound { store.insert(tensor.name) }
            handle(.assembled(tensor.name, isSound: isSound))
        case .deliver(let task, let outputs): deliver(task, outputs)
        case .fail(let task, let failures): fail(task, failures)
        case .provide(let blob):
            check(store.contains(blob), "\(blob.short) is provided, but not here")
            demand.wanted[blob] = nil
        case .lose(let blob, _): demand.wanted[blob] = nil
        case .forget(let blob):
            check(!needs(blob) || staged.contains(blob), "\(blob.short) is forgotten, but needed")
            store.remove(blob)
        case .journal(let finding, _): journal(finding)
        case .erase(let task):
            unwritten.removeAll { $0.task.task == task }
            pendingNotice.removeAll { $0 == task }
            erasing.append(task)
        case .noteUnrecorded: break
        case .report: break
        case .log(let gravity, let sentence):
            check(gravity != .critical || mayBeCritical, "a critical word: \(sentence)")
        case .abort: demand = Demand()
        case .end: isUp = false
        }
    }

    private mutating func send(_ parcel: Parcel, to peer: PeerID) {
        let here = parcel.blobs.allSatisfy { store.contains($0) || isProgram($0) }
        check(here, "\(parcel.message.kind) takes along what is not here")
        guard let link = linkOfPeer[peer] else { return noteSent(parcel.message, to: nil) }
        noteSent(parcel.message, to: life.sessions[peer] ?? life.dataSessions[peer])
        switch parcel.message {
        case .blobRequest, .blobChunk: check(links[link].isData, "\(parcel.message.kind) goes with the heartbeats")
        default: break
        }
        guard links[link].isOpen, links[link].host != nil else { return }
        links[link].toWorker.append(parcel)
    }

    /// What must hold of a message when it leaves.
    private mutating func noteSent(_ message: Message, to worker: WorkerID?) {
        switch message {
        case .assignment(let assignment):
            guard let task = life.scheduler.specification(of: assignment.task), let worker else { return }
            check(assignment.attempt > attempts[task.task, default: 0], "attempt \(assignment.attempt) is given twice")
            attempts[task.task] = assignment.attempt
            // An output that was let go may have to be made again for another task.
            let isRemade = life.scheduler.tasks[task.task]?.outputs != nil
            check(disk[task.task] == nil || isRemade, "\(task.task.short) is durable and is computed again")
            guard life.scheduler.workers[worker]?.collecting.contains(task.task) == false else { return }
            for input in task.inputs {
                let isThere = store.contains(input.name) || announced[worker]?.contains(input.name) ?? false
                check(isThere, "\(task.task.short) is assigned without \(input.name.short)")
            }
        case .accepted(let accepted):
            for result in accepted.results {
                guard let record = life.scheduler.tasks[result.task], record.outputs != nil, let worker,
                    worker != liar, let origin = life.scheduler.workers[worker]?.origin,
                    record.gave(Attempt(result.task, result.attempt), to: origin)
                else { continue }
                let isRecorded = record.specification.keeping == .recorded
                check(!isRecorded || disk[result.task] != nil, "\(result.task.short) is accepted and not durable")
            }
        case .blobRequest(let request):
            guard let worker else { return }
            check(
                announced[worker]?.contains(request.name) ?? false,
                "\(request.name.short) is fetched where it is not"
            )
        case .release(let release): if let worker { announced[worker]?.subtract(release.names) }
        default: break
        }
    }

    mutating func beat() {
        nextBeat = now.advanced(by: .milliseconds(500))
        if let liar, let peer = peer(of: liar) {
            handle(.said(.heartbeat(Heartbeat(session: liar.session)), by: peer, .init()))
        }
        handle(.tick)
    }

    func peer(of worker: WorkerID) -> PeerID? { life.members[worker]?.peer }

    /// The coordinator notices that a connection is gone.
    mutating func forget(_ link: Int) {
        handle(.disconnected(links[link].peer))
        linkOfPeer[links[link].peer] = nil
    }

    /// The ways of some are so long that they may be silent for longer, which is measured anew with each heartbeat.
    private mutating func resendPause(over link: Int) -> Duration? {
        guard let host = links[link].host, !hosts[host].isNearby else { return nil }
        let length = host % 3
        return .milliseconds(length == 0 ? 0 : random.integer(200...200 * length))
    }

    mutating func receive(_ parcel: Parcel, from link: Int) {
        let (message, peer) = (parcel.message, links[link].peer)
        guard isUp else { return }
        if case .dataHello(let hello) = message { return handle(.offeredData(hello, by: peer)) }
        if case .hello(let hello) = message {
            let lot = UInt32.random(in: .min ... .max, using: &random)
            let isNearby = links[link].host.map { hosts[$0].isNearby } ?? true
            let token: UInt64 = random.next()
            let address = isNearby ? nil : "192.0.2.7"
            let pause = resendPause(over: link)
            return handle(.greeted(hello, by: peer, at: address, resendPause: pause, lot: lot, token: token))
        }
        var content = CoordinatorLife.Content()
        let worker = life.sessions[peer]
        var known: (task: Hash, outputs: [TensorBlob])?
        switch message {
        case .started(let started):
            if let worker, let task = life.scheduler.specification(of: started.task) {
                announced[worker, default: []].formUnion(task.inputs.map(\.name))
            }
        case .finished(let finished):
            if let worker {
                announced[worker, default: []].formUnion(finished.outputs.map(\.tensor.name))
                // What it was given in this session it keeps until it is told otherwise, and needs no announcement.
                if life.scheduler.workers[worker]?.running[finished.task] == finished.attempt,
                    let task = life.scheduler.specification(of: finished.task)
                {
                    announced[worker, default: []].formUnion(task.inputs.map(\.name))
                }
            }
            known = life.scheduler.tasks[finished.task]?.outputs.map { (finished.task, $0) }
            noteLie(finished, by: worker)
            // What was not here before may be sent back.
            staged = Set(finished.outputs.filter(\.isAttached).map(\.tensor.name)).subtracting(store)
            store.formUnion(staged)
        case .blobChunk: content.byteCount = parcel.byteCount
        case .heartbeat: content.resendPause = resendPause(over: link)
        case .blobMissing(let missing):
            // It has no room for it any more. An answer may be about a time before it was made again.
            if let worker { announced[worker]?.remove(missing.name) }
        default: break
        }
        handle(.said(message, by: peer, content))
        staged = []
        if weakness == .countsTwice, let known { perform(.deliver(known.task, outputs: known.outputs)) }
    }

    /// Looks whether a wrong result may count: where nobody could find that it is wrong.
    private mutating func noteLie(_ finished: TaskFinished, by worker: WorkerID?) {
        guard let worker, let task = life.scheduler.tasks[finished.task], task.outputs == nil,
            let origin = life.scheduler.workers[worker]?.origin,
            task.gave(Attempt(finished.task, finished.attempt), to: origin),
            finished.outputs.map(\.tensor) != Truth.outputs(of: finished.task, inputs: task.specification.inputs)
        else { return }
        // As it will look when it is handled: something may just have become late.
        var scheduler = life.scheduler
        _ = scheduler.handle(.abandoned(Hash(of: [])), at: now)
        let isAlone =
            scheduler.doubts[finished.task] == nil && !scheduler.couldBeSettled(finished.task, butBy: origin)
        if task.isUndoubted || isAlone { isExcused = true }
    }

    // MARK: The journal

    /// Makes results durable in batches. What was not synced when the coordinator dies is there, or is not.
    private mutating func journal(_ finding: Scheduler.Finding) {
        for output in finding.outputs {
            check(store.contains(output.name), "\(output.name.short) is to be written down and is not here")
        }
        check(disk[finding.task.task] == nil, "\(finding.task.task.short) is written down twice")
        unwritten.append(finding)
        guard weakness == .acknowledgesBeforeSync else { return }
        pendingNotice.append(finding.task.task)
    }

    /// The disk has its turn.
    mutating func sync() {
        if !pendingNotice.isEmpty {
            let tasks = pendingNotice
            pendingNotice = []
            return handle(.journaled(tasks))
        }
        if !writing.isEmpty {
            let batch = writing
            writing = []
            if !isCalm, faults.contains(.disk), random.oneIn(20) {
                tell("the disk is full")
                handle(.journalFailed("the disk is full"))
                return restartSoon()
            }
            for finding in batch { disk[finding.task.task] = finding.outputs }
            if weakness != .acknowledgesBeforeSync { handle(.journaled(batch.map(\.task.task))) }
        } else if !erasing.isEmpty {
            let task = erasing.removeFirst()
            disk[task] = nil
            handle(.erased(task))
        } else if !unwritten.isEmpty {
            writing = unwritten
            unwritten = []
        }
    }

    mutating func restartSoon() {
        restartAt = now.advanced(by: .milliseconds(Int.random(in: 1...3_000, using: &random)))
    }

    // MARK: Restarts

    /// The coordinator is killed, and the same command is given again; so the recipe starts anew.
    mutating func restart() {
        tell("the coordinator is started again")
        if random.oneIn(2) {
            // The commit was through, and nobody heard of it.
            for finding in writing { disk[finding.task.task] = finding.outputs }
        }
        restartAt = nil
        unwritten = []
        erasing = []
        writing = []
        pendingNotice = []
        isUp = true
        events = []
        life = CoordinatorLife(Self.settings(followedBytes))
        store = []
        announced = [:]
        attempts = [:]
        liar = nil
        demand = Demand()
        linkOfPeer = [:]
        for host in hosts.indices where hosts[host].isAlive { cut(host) }
        for link in links.indices { links[link].toCoordinator = [] }
        training?.restart()
    }

    static func settings(_ followedBytes: Int) -> CoordinatorLife.Settings {
        var settings = CoordinatorLife.Settings(numericsVersion: 1)
        settings.isRecording = true
        settings.limits.offerPatience = .seconds(20)
        settings.limits.followedBytes = followedBytes
        return settings
    }

    // MARK: Lies

    /// One who joined, but was given nothing that it ran, claims what others do.
    mutating func lie() {
        guard isUp, life.farewell == nil else { return }
        guard let liar, let peer = peer(of: liar) else {
            let link = open(Link(host: nil, peer: nextPeer))
            let hello = Hello(
                numericsVersion: 1,
                name: "liar",
                build: "",
                slots: 1,
                cores: 1,
                memoryLimitBytes: 0,
                processID: 1
            )
            handle(.greeted(hello, by: links[link].peer, at: nil, lot: 5, token: 5))
            self.liar = life.sessions[links[link].peer]
            return
        }
        guard let task = life.scheduler.tasks.keys.sorted().randomElement(using: &random),
            let inputs = life.scheduler.specification(of: task)?.inputs
        else { return }
        let attempt = Int.random(in: 1...3, using: &random)
        // What it was given it may lie about, without anybody noticing.
        guard life.scheduler.tasks[task]?.gave(Attempt(task, attempt), to: liar) == false else { return }
        let message: Message
        switch Int.random(in: 0..<6, using: &random) {
        case 0:
            let progress = TaskProgress(task: task, attempt: attempt, step: 0, total: 0)
            message = .heartbeat(Heartbeat(session: liar.session, tasks: [progress]))
        case 1: message = .started(TaskStarted(task: task, attempt: attempt))
        case 2: message = .failed(TaskFailed(task: task, attempt: attempt, code: .refused, sentence: "a lie"))
        case 3:
            guard let input = inputs.first else { return }
            message = .blobMissing(BlobMissing(name: input.name))
        case 4: message = .goodbye(Goodbye(.stopping))
        default:
            let lie = Truth.value(6)
            store.insert(lie.name)
            let output = TaskOutput(lie, isAttached: true)
            message = .finished(TaskFinished(task: task, attempt: attempt, outputs: [output], wallNanoseconds: 1))
        }
        handle(.said(message, by: peer, .init()))
        if life.members[liar] == nil { self.liar = nil }
    }
}

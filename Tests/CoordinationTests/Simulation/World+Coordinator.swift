import Tasks
import Tensors
import Wire

@testable import Coordination

/// The shell around the scheduler, as the coordinator is one, but with the names of blobs instead of their bytes.
extension World {
    mutating func handle(_ event: Scheduler.Event) {
        let actions = scheduler.handle(event, at: now)
        switch event {
        case .heard, .tick: if !actions.isEmpty { tell("event \(Self.words(for: event))") }
        default: tell("event \(Self.words(for: event))")
        }
        for action in actions where violations.isEmpty { perform(action) }
        for action in actions {
            if case .assign(_, let worker) = action, let record = scheduler.workers[worker] {
                check(record.running.count <= record.slots, "\(worker) is given more than it takes")
                check(!record.isDraining, "\(worker) is given a task while it drains")
            }
            if case .release(let blobs, let worker) = action {
                for blob in blobs {
                    check(!scheduler.holds(worker, blob), "\(blob.short) is released where it is counted on")
                }
            }
        }
        for blob in demand.handles.keys { check(scheduler.knows(blob), "\(blob.short) has handles and is unknown") }
        for task in demand.waiters.keys {
            check(scheduler.specification(of: task) != nil, "\(task.short) is waited for and unknown")
        }
        check(store == Set(scheduler.blobs.values.filter(\.isStored).map(\.blob.name)), "the store is not as believed")
    }

    /// An event without sets, whose order is different each time.
    private static func words(for event: Scheduler.Event) -> String {
        switch event {
        case .submitted(let task, let given): "submitted \(task) \(given.sorted())"
        case .finished(let attempt, let worker, let outputs, let stored):
            "finished \(attempt) \(worker) \(outputs) \(stored.sorted())"
        default: "\(event)"
        }
    }

    private mutating func perform(_ action: Scheduler.Action) {
        tell("  \(action)")
        switch action {
        case .assign(let attempt, let worker): assign(attempt, to: worker)
        case .accept(let attempt, let worker):
            send(.accepted(TaskAccepted(task: attempt.task, attempt: attempt.number)), to: worker)
        case .cancel(let attempt, let worker):
            send(.cancel(CancelTask(task: attempt.task, attempt: attempt.number)), to: worker)
        case .deliver(let task, let outputs): deliver(task, outputs)
        case .fail(let task, let failures): fail(task, failures)
        case .contradict(let task, let worker):
            check(false, "\(worker) contradicts for \(task.task.short), but all compute the same")
        case .fetch(let blob, let worker):
            check(announced[worker]?.contains(blob.name) ?? false, "\(blob.name.short) is fetched where it is not")
            if fetches.updateValue(worker, forKey: blob.name) != worker {
                send(.blobRequest(BlobRequest(name: blob.name, offset: 0)), to: worker)
            }
        case .provide(let blob):
            check(store.contains(blob), "\(blob.short) is provided, but not here")
            demand.wanted[blob] = nil
        case .lose(let blob, _): demand.wanted[blob] = nil
        case .forget(let blob):
            check(!needs(blob), "\(blob.short) is forgotten, but needed")
            store.remove(blob)
        case .letGo(let worker):
            let others = announced.filter { $0.key != worker }.values
            for blob in announced[worker] ?? [] where needs(blob) && !store.contains(blob) {
                check(others.contains { $0.contains(blob) }, "\(blob.short) goes with \(worker), which alone has it")
            }
            send(.goodbye(Goodbye(.stopping)), to: worker)
        case .release(let blobs, let worker):
            announced[worker]?.subtract(blobs)
            send(.release(Release(names: blobs)), to: worker)
        case .dismiss(let worker, _, _):
            if let link = linkOfSession.removeValue(forKey: worker) { sessions[link] = nil }
            announced[worker] = nil
            fetches = fetches.filter { $0.value != worker }
            if worker == liar { liar = nil }
        }
    }

    private mutating func assign(_ attempt: Attempt, to worker: WorkerID) {
        guard let task = scheduler.specification(of: attempt.task) else {
            return check(false, "\(attempt.task.short) is unknown and assigned")
        }
        check(attempt.number > attempts[attempt.task, default: 0], "attempt \(attempt.number) is given twice")
        attempts[attempt.task] = attempt.number
        check(linkOfSession[worker] != nil || worker == liar, "\(worker) is given a task, but is not here")
        for input in task.inputs {
            let isThere = store.contains(input.name) || announced[worker]?.contains(input.name) ?? false
            check(isThere, "\(attempt.task.short) is assigned without \(input.name.short)")
        }
        var attached: [Hash] = []
        guard let number = (0..<30).first(where: { Truth.program($0).hash == task.program }) else { return }
        let program = Truth.program(number)
        if programsSent[worker, default: []].insert(program.name).inserted { attached.append(program.name) }
        for input in task.inputs
        where input.byteCount < 1_000 && !scheduler.holds(worker, input.name) && store.contains(input.name)
            && !attached.contains(input.name)
        {
            attached.append(input.name)
        }
        let assignment = Assignment(
            task: task.task,
            attempt: attempt.number,
            role: task.role,
            program: program,
            inputs: task.inputs,
            attached: attached
        )
        send(.assignment(assignment), blobs: attached, to: worker)
    }

    private mutating func send(_ message: Message, blobs: [Hash] = [], to worker: WorkerID) {
        guard let link = linkOfSession[worker] else { return }
        links[link].toWorker.append((message, blobs))
    }

    mutating func beat() {
        nextBeat = now.advanced(by: .milliseconds(500))
        for worker in linkOfSession.keys.sorted() {
            send(.heartbeat(Heartbeat(session: worker.session)), to: worker)
        }
        if let liar { handle(.heard(liar, running: [])) }
        handle(.tick)
    }

    /// The coordinator notices that a connection is gone.
    mutating func forget(_ link: Int) {
        if let worker = sessions[link] { handle(.left(worker, because: .disconnected)) }
    }

    mutating func receive(_ message: Message, from link: Int) {
        if case .hello(let hello) = message { return greet(hello, from: link) }
        guard let worker = sessions[link] else {
            links[link].toWorker.append((.refused(Refused(.unexpected, "too early")), []))
            return
        }
        handle(.heard(worker, running: []))
        switch message {
        case .heartbeat(let heartbeat):
            handle(.heard(worker, running: heartbeat.tasks.map { Attempt($0.task, $0.attempt) }))
        case .drain: handle(.draining(worker))
        case .goodbye: handle(.left(worker, because: .goodbye))
        case .started(let started):
            if let task = scheduler.specification(of: started.task) {
                announced[worker, default: []].formUnion(task.inputs.map(\.name))
            }
            handle(.started(Attempt(started.task, started.attempt), by: worker))
        case .finished(let finished):
            let outputs = finished.outputs.map(\.tensor)
            announced[worker, default: []].formUnion(outputs.map(\.name))
            let stored = Set(finished.outputs.filter(\.isAttached).map(\.tensor.name))
            store.formUnion(stored)
            let attempt = Attempt(finished.task, finished.attempt)
            handle(.finished(attempt, by: worker, outputs: outputs, stored: stored))
        case .failed(let failed):
            let cause: AttemptFailure.Cause =
                switch failed.code {
                case .refused: .refused
                case .tooLarge: .tooLarge
                case .missingBlob: .missingBlob
                case .execution: .execution
                case .cancelled: .returned
                }
            handle(.failed(Attempt(failed.task, failed.attempt), AttemptFailure(cause, at: worker, failed.sentence)))
        case .blobRequest(let request):
            let isHere = store.contains(request.name) || (0..<30).contains { Truth.program($0).name == request.name }
            let answer: Message =
                isHere
                ? .blobChunk(BlobChunk(name: request.name, offset: 0, total: 1))
                : .blobMissing(BlobMissing(name: request.name))
            send(answer, to: worker)
        case .blobChunk(let chunk):
            guard fetches[chunk.name] == worker else { return }
            fetches[chunk.name] = nil
            store.insert(chunk.name)
            handle(.stored(chunk.name))
        case .blobMissing(let missing):
            guard fetches[missing.name] == worker else { return }
            fetches[missing.name] = nil
            announced[worker]?.remove(missing.name)
            handle(.notFound(missing.name, at: worker))
        default: check(false, "a worker says \(message.kind)")
        }
    }

    private mutating func greet(_ hello: Hello, from link: Int) {
        if let worker = sessions[link] { handle(.left(worker, because: .disconnected)) }
        let previous = hello.previousSession == 0 ? nil : WorkerID(session: hello.previousSession)
        if let previous, linkOfSession[previous] != nil { handle(.left(previous, because: .disconnected)) }
        sessionCount += 1
        let worker = WorkerID(session: sessionCount)
        sessions[link] = worker
        linkOfSession[worker] = link
        let welcome = Welcome(
            session: worker.session,
            heartbeatInterval: .milliseconds(500),
            heartbeatTimeout: .seconds(2),
            build: ""
        )
        send(.welcome(welcome), to: worker)
        handle(.joined(worker, slots: hello.slots, after: previous))
    }

    /// The coordinator is killed, and comes back with nothing; so does the recipe.
    mutating func restart() {
        tell("the coordinator is started again")
        scheduler = Scheduler()
        store = []
        fetches = [:]
        sessions = [:]
        linkOfSession = [:]
        announced = [:]
        programsSent = [:]
        attempts = [:]
        liar = nil
        demand = Demand()
        sessionCount += 1_000
        for host in hosts.indices where hosts[host].isAlive { cut(host) }
        for link in links.indices { links[link].toCoordinator = [] }
    }

    /// One who joined, but was given nothing that it ran, claims what others do.
    mutating func lie() {
        guard let liar else {
            sessionCount += 1
            let worker = WorkerID(session: sessionCount)
            self.liar = worker
            return handle(.joined(worker, slots: 1))
        }
        guard let task = scheduler.tasks.keys.sorted().randomElement(using: &random),
            let inputs = scheduler.specification(of: task)?.inputs
        else { return }
        let attempt = Attempt(task, Int.random(in: 1...3, using: &random))
        // What it was given it may lie about, without anybody noticing.
        guard scheduler.tasks[task]?.gave(attempt, to: liar) == false else { return }
        switch Int.random(in: 0..<6, using: &random) {
        case 0: handle(.heard(liar, running: [attempt]))
        case 1: handle(.started(attempt, by: liar))
        case 2: handle(.failed(attempt, AttemptFailure(.refused, at: liar, "a lie")))
        case 3: if let input = inputs.first { handle(.notFound(input.name, at: liar)) }
        case 4: handle(.left(liar, because: .goodbye))
        default:
            let lie = Truth.value(7)
            store.insert(lie.name)
            handle(.finished(attempt, by: liar, outputs: [lie], stored: [lie.name]))
        }
    }
}

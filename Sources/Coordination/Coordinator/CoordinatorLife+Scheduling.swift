import Tensors
import Wire

/// What the scheduler wants done, in the words of the protocol.
extension CoordinatorLife {
    mutating func tell(_ event: Scheduler.Event) {
        for action in scheduler.handle(event, at: now) { perform(action) }
    }

    private mutating func perform(_ action: Scheduler.Action) {
        switch action {
        // What is given after the farewell would be done for nobody.
        case .assign(let attempt, let worker): if farewell == nil { assign(attempt, to: worker) }
        case .accept(let attempt, let worker): accept(attempt, from: worker)
        case .cancel(let attempt, let worker):
            send(.cancel(CancelTask(task: attempt.task, attempt: attempt.number)), to: worker)
        case .journal(let finding):
            noteJournaling(finding)
            actions.append(.journal(finding, worker: name(finding.worker)))
        case .erase(let task):
            noteJournaled([task])
            actions.append(.erase(task))
        case .unrecorded: actions.append(.noteUnrecorded)
        case .deliver(let task, let outputs): actions.append(.deliver(task, outputs: outputs))
        case .fail(let task, let failures):
            // After the farewell nobody waits any more.
            if farewell == nil { actions.append(.fail(task, failures)) }
        case .contradict(let task, let workers):
            let names = workers.map(name).joined(separator: " and ")
            log(.critical, "\(names) found different results for \(task.role). One of them is broken.")
        case .bar(let worker, let misdeed): bar(worker, misdeed)
        case .strand(let task, let need):
            let sentence =
                "\(task.role) needs \(need) bytes of memory, more than any worker that is left has for a task; it waits for a "
                + "larger one"
            log(.warning, sentence)
        case .condemn(let task):
            let sentence =
                "the result of \(task.role) that was used is wrong: two workers found another one than the first. "
                + "What was computed with it cannot be trusted; take the first worker out, and start again with --fresh"
            sayGoodbye(.stopping, because: sentence)
        case .fetch(let blob, let worker):
            // What comes after the farewell is not taken.
            guard farewell == nil else { return }
            fetch(blob, from: worker)
        case .provide(let name): actions.append(.provide(name))
        case .lose(let name, let reason): actions.append(.lose(name, because: reason))
        case .forget(let name): actions.append(.forget(name))
        case .letGo(let worker):
            tellNotes(worker)
            send(.goodbye(Goodbye(.stopping)), to: worker)
        case .release(let names, let worker):
            members.update(worker) { $0.released += names }
            for name in names where transfers.contains(name) { unwanted.append((name, worker)) }
            noteMore(worker)
        case .dismiss(let worker, let departure, let attempts): dismiss(worker, departure, attempts)
        }
    }

    private mutating func assign(_ attempt: Attempt, to worker: WorkerID) {
        guard let task = scheduler.specification(of: attempt.task) else { return }
        var attached: [Hash] = []
        var byteCount = 0
        let (limit, attachedBefore, isNew) =
            members.update(worker) { member in
                let isNew = member.programs.insert(task.program.name).inserted
                return (member.attachedBytes, member.attached.values.reduce(0, +), isNew)
            } ?? (0, 0, false)
        let room = limit - attachedBefore
        func attach(_ name: Hash, _ count: Int) {
            guard count <= min(WireLimits.frame, limit / 4), byteCount + count <= min(WireLimits.frameBytes, room),
                attached.count < WireLimits.frames, !attached.contains(name)
            else { return }
            attached.append(name)
            byteCount += count
        }
        if isNew { attach(task.program.name, task.program.byteCount) }
        var bringsMuch = false
        for input in task.inputs where !scheduler.holds(worker, input.name) {
            bringsMuch = bringsMuch || Self.isLarge(input.type)
            if scheduler.isStored(input.name) { attach(input.name, input.byteCount) }
        }
        if byteCount > 0, limit < WireLimits.attachedNearby {
            members.update(worker) { $0.attached[attempt.task] = byteCount }
        }
        let assignment = Assignment(
            task: attempt.task,
            attempt: attempt.number,
            role: task.role,
            program: task.program,
            inputs: task.inputs,
            attached: attached
        )
        // What it is to let go of first, it would let go of later.
        let mustTell = members.look(worker) { $0.keepsMuch || $0.released.contains(where: task.needs) }
        if mustTell ?? false { tellNotes(worker) }
        // What it is to let go of after this task it is told before the next one.
        if bringsMuch { members.update(worker) { $0.keepsMuch = true } }
        let tries = scheduler.tries(of: attempt.task)
        if let peer = members.look(worker, { $0.peer }) { accounts.grant(Allowance.points(for: task), to: peer) }
        actions.append(.report(.assigned(task.role, worker: name(worker), attempt: tries)))
        send(.assignment(assignment), attached: attached, to: worker)
    }

    /// Tells a worker that was wrong to go. It is dismissed next.
    private mutating func bar(_ worker: WorkerID, _ misdeed: Scheduler.Misdeed) {
        guard let member = members[worker] else { return }
        let what =
            switch misdeed {
            case .alone(let task): "two others found another result for \(task.role)"
            case .wrongResults: "its results are not what their programs say"
            }
        log(.critical, "\(member.label) gets no more work: \(what). Its machine or its build is broken.")
        refuse(member.peer, .notAdmitted, "\(what), so this machine or this build is broken")
        if let key = member.key { barred.insert(key) }
    }

    private mutating func dismiss(_ worker: WorkerID, _ departure: Scheduler.Departure, _ attempts: [Attempt]) {
        guard let member = members.removeValue(forKey: worker) else { return }
        sessions[member.peer] = nil
        accounts.end(member.peer, slots: member.slots)
        if let data = member.data { dataSessions[data] = nil }
        drop(transfers.giveUpAll(from: worker).dropped)
        let reason =
            switch departure {
            case .disconnected: "its connection ended"
            case .goodbye: "it said goodbye"
            case .silent: "nothing was heard from it for \(member.silence)"
            case .barred: "it was wrong"
            }
        let roles = attempts.compactMap { scheduler.specification(of: $0.task)?.role }
        actions.append(.report(.left(worker: member.label, reason: reason, givenBack: roles)))
        if farewell != nil, members.isEmpty { close() }
    }
}

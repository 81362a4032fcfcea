import Tensors
import Wire

/// Who takes part, and what workers say.
extension CoordinatorLife {
    mutating func greet(
        _ hello: Hello,
        from peer: PeerID,
        at address: String?,
        with key: PublicKey?,
        _ resendPause: Duration?,
        _ lot: UInt32,
        _ token: UInt64
    ) {
        loseData(peer)
        if let farewell { return actions.append(.send(.goodbye(Goodbye(farewell)), to: peer)) }
        // One that says hello again begins anew.
        if let worker = sessions[peer] { tell(.left(worker, because: .disconnected)) }
        guard hello.numericsVersion == settings.numericsVersion else {
            let sentence =
                "it computes by numerics version \(hello.numericsVersion), this coordinator by "
                + "\(settings.numericsVersion), so their bits would differ. Run the same release of troupe on both sides."
            log(.complaint, "\(hello.name.printable) at \(address ?? label(peer)) is refused: \(sentence)")
            return refuse(peer, .numericsMismatch, sentence, field: "hello.numerics_version")
        }
        if let key, barred.contains(key) {
            let sentence =
                "a worker with its key was wrong before. Start it with another key once its machine is repaired."
            log(.complaint, "\(hello.name.printable) at \(address ?? label(peer)) is refused: \(sentence)")
            return refuse(peer, .notAdmitted, sentence)
        }
        guard members.count < settings.mostWorkers else {
            let sentence = "there are \(members.count) workers already, which is as many as this coordinator takes"
            log(.complaint, "\(hello.name.printable) is told to come again: \(sentence).")
            return refuse(peer, .full, sentence)
        }
        if let excess = accounts.excess(of: peer, slots: hello.slots) {
            let sentence =
                switch excess {
                case .sessions:
                    "there are \(Accounts.mostSessions) workers with its key already, which is as many as are taken"
                case .slots(let taken):
                    "workers with its key already have \(taken) slots, and more than \(Accounts.mostSlots) are not given to "
                        + "one key"
                }
            log(.complaint, "\(hello.name.printable) is told to come again: \(sentence).")
            return refuse(peer, .full, sentence)
        }
        guard sessionCount < .max else {
            let sentence = "this coordinator has had \(sessionCount) sessions and can number no more; start it again"
            log(.complaint, "\(hello.name.printable) is told to come again: \(sentence).")
            return refuse(peer, .full, sentence)
        }
        // A worker may be back before its old connection is known to be broken.
        let previous = previousSession(of: hello, by: key)
        if let previous, members[previous] != nil { tell(.left(previous, because: .disconnected)) }
        // They increase, so that none comes twice, and nobody can guess another's, to come back in its place; those of
        // different coordinators differ, most probably, so that a worker notices.
        sessionCount += 1
        let worker = WorkerID(session: UInt64(sessionCount) << 32 | UInt64(lot))
        actions.append(.admit(peer))
        // One whose session broke may have been kept from answering by what was sent to it.
        let isNearby = hello.previousSession == 0 && Address.isOfThisMachine(peer: address)
        let silence = Patience.limit(usual: settings.limits.silence, resendPause: resendPause)
        members[worker] = Member(
            peer: peer,
            name: hello.name,
            address: address,
            key: key,
            token: token,
            isNearby: isNearby,
            slots: hello.slots,
            silence: silence
        )
        accounts.begin(peer, slots: hello.slots)
        note(worker, of: key)
        sessions[peer] = worker
        actions.append(.report(.joined(worker: name(worker), processID: hello.processID)))
        if silence > settings.limits.silence { tellPatience(worker, silence) }
        let welcome = Welcome(
            session: worker.session,
            heartbeatInterval: settings.heartbeatInterval,
            heartbeatTimeout: silence,
            build: settings.build,
            attachedBytes: members[worker]?.attachedBytes ?? 0,
            dataToken: token
        )
        send(.welcome(welcome), to: worker)
        let memory = hello.memoryLimitBytes / max(hello.slots, 1)
        tell(.joined(worker, slots: hello.slots, memory: memory, silence: silence, after: previous))
    }

    /// Looks again how long the way is: a cut, or packets that were lost, make it seem long to begin with, and a queue on the
    /// way makes it so.
    private mutating func measure(_ worker: WorkerID, _ resendPause: Duration?) {
        let silence = Patience.limit(usual: settings.limits.silence, resendPause: resendPause)
        guard let known = members.look(worker, { $0.silence }), known != silence else { return }
        members.update(worker) { $0.silence = silence }
        tell(.awaited(worker, silence: silence))
        // It may change a little each time.
        let isNews = max(known, silence) > min(known, silence) * 2
        if isNews || silence == settings.limits.silence { tellPatience(worker, silence) }
    }

    private mutating func tellPatience(_ worker: WorkerID, _ silence: Duration) {
        let length = silence > settings.limits.silence ? "long" : "short"
        log(.detail, "The way to \(name(worker)) is \(length), so it may be silent for \(silence).")
    }

    mutating func refuse(_ peer: PeerID, _ code: Refused.Code, _ sentence: String, field: String = "") {
        actions.append(.send(.refused(Refused(code, sentence, field: field)), to: peer))
    }

    mutating func receive(_ message: Message, _ content: Content, from peer: PeerID) {
        guard let worker = sessions[peer] else {
            if let worker = dataSessions[peer] { return receive(message, content, overDataOf: worker, from: peer) }
            forgetAttached(message)
            log(.detail, "\(label(peer)) said '\(message.kind)' before 'hello'.")
            return refuse(
                peer,
                .unexpected,
                "'\(message.kind)' came before 'hello', or after the session had ended"
            )
        }
        guard farewell == nil else {
            // What comes now is kept by its sender for the next coordinator.
            forgetAttached(message)
            if case .goodbye = message { tell(.left(worker, because: .goodbye)) }
            return
        }
        switch message {
        case .heartbeat(let heartbeat):
            members.update(worker) { member in
                member.progress = Dictionary(heartbeat.tasks.map { ($0.task, $0) }) { _, last in last }
            }
            tell(.heard(worker, running: heartbeat.tasks.map { Attempt($0.task, $0.attempt) }))
            measure(worker, content.resendPause)
        case .drain:
            tell(.heard(worker, running: []))
            tell(.draining(worker))
        case .goodbye: tell(.left(worker, because: .goodbye))
        case .started(let started):
            tell(.heard(worker, running: []))
            members.update(worker) { $0.attached[started.task] = nil }
            tell(.started(Attempt(started.task, started.attempt), by: worker))
        case .finished(let finished): finish(finished, content, by: worker)
        case .failed(let failed):
            tell(.heard(worker, running: []))
            fail(failed, at: worker)
        case .blobMissing(let missing):
            // It has no room for it any more.
            tell(.heard(worker, running: []))
            drop(transfers.giveUp(missing.name, from: worker).dropped)
            tell(.notFound(missing.name, at: worker))
        case .refused(let refused):
            // What it refused is lost to it: others get what it was given, and it may begin anew.
            let field = refused.field.isEmpty ? "" : " (\(refused.field.printable))"
            log(.warning, "\(name(worker)) refuses: \(refused.sentence.printable)\(field)")
            tell(.left(worker, because: .disconnected))
        case .hello, .welcome, .assignment, .accepted, .cancel, .release, .dataSummons:
            tell(.heard(worker, running: []))
            refuse(peer, .unexpected, "only a coordinator says '\(message.kind)'")
        case .blobRequest, .blobChunk, .dataHello:
            tell(.heard(worker, running: []))
            refuse(peer, .unexpected, "'\(message.kind)' is for data connections")
        }
    }

    // MARK: Results

    private mutating func finish(_ finished: TaskFinished, _ content: Content, by worker: WorkerID) {
        let attempt = Attempt(finished.task, finished.attempt)
        let isLarge = finished.outputs.contains { Self.isLarge($0.tensor.type) }
        members.update(worker) { member in
            if !member.attached.isEmpty { member.attached[finished.task] = nil }
            if isLarge { member.keepsMuch = true }
        }
        if let task = scheduler.specification(of: finished.task), scheduler.expects(attempt, from: worker) {
            if let fault = fault(in: finished, content, of: task) {
                tell(.heard(worker, running: []))
                forgetAttached(.finished(finished))
                // It shall not be offered again.
                accept(attempt, from: worker)
                let useless = Set(finished.outputs.map(\.tensor.name)).filter { !scheduler.holds(worker, $0) }
                members.update(worker) { $0.released += useless.sorted() }
                tellNotes(worker)
                return fail(attempt, .wrongResult, fault, at: worker)
            }
            let took = Duration.nanoseconds(finished.wallNanoseconds)
            actions.append(.report(.finished(task.role, worker: name(worker), took: took)))
        }
        tell(
            .finished(
                attempt,
                by: worker,
                outputs: finished.outputs.map(\.tensor),
                stored: stored(of: finished, content),
                took: .nanoseconds(finished.wallNanoseconds),
                isFinite: finished.isFinite && content.isFinite
            )
        )
        for blob in content.damaged.sorted() where !scheduler.isStored(blob) { actions.append(.forget(blob)) }
    }

    /// The outputs whose bytes have come.
    private func stored(of finished: TaskFinished, _ content: Content) -> Set<Hash> {
        var stored: Set<Hash> = []
        for output in finished.outputs where output.isAttached && !content.damaged.contains(output.tensor.name) {
            stored.insert(output.tensor.name)
        }
        return stored
    }

    /// Bytes that came with a message and are of no use.
    mutating func forgetAttached(_ message: Message) {
        guard case .finished(let finished) = message else { return }
        for blob in Set(finished.outputs.filter(\.isAttached).map(\.tensor.name)).sorted()
        where !scheduler.isStored(blob) { actions.append(.forget(blob)) }
    }

    /// What is wrong with a result, if anything.
    private func fault(in finished: TaskFinished, _ content: Content, of task: TaskSpecification) -> String? {
        guard finished.outputs.lazy.map(\.tensor.type).elementsEqual(task.outputs) else {
            return "its outputs are not of the types that its program says"
        }
        return content.damaged.isEmpty ? nil : "an output's content does not have its name"
    }

    private mutating func fail(_ failed: TaskFailed, at worker: WorkerID) {
        members.update(worker) { $0.attached[failed.task] = nil }
        let cause: AttemptFailure.Cause =
            switch failed.code {
            case .refused: .refused
            case .tooLarge: .tooLarge
            case .missingBlob: .missingBlob
            case .execution: .execution
            case .cancelled: .returned
            }
        let attempt = Attempt(failed.task, failed.attempt)
        fail(attempt, cause, failed.sentence.printable, needing: failed.neededBytes, at: worker)
    }

    private mutating func fail(
        _ attempt: Attempt,
        _ cause: AttemptFailure.Cause,
        _ sentence: String,
        needing byteCount: Int = 0,
        at worker: WorkerID
    ) {
        if let task = scheduler.specification(of: attempt.task), cause != .returned,
            scheduler.expects(attempt, from: worker)
        {
            actions.append(.report(.failed(task.role, worker: name(worker), reason: sentence)))
        }
        var failure = AttemptFailure(cause, at: worker, "\(name(worker)): \(sentence)")
        failure.neededBytes = byteCount
        tell(.failed(attempt, failure))
    }
}

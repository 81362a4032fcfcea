import Execution
import Logging
import Tensors
import Wire

/// What workers say.
extension Coordinator {
    func take(_ event: RouterEvent) {
        switch event {
        case .received(let parcel, let peer): receive(parcel, from: peer)
        case .disconnected(let peer):
            if let worker = sessions[peer] { handle(.left(worker, because: .disconnected)) }
        case .faulted(let peer, let error): complain("\(label(peer)) sent what cannot be accepted: \(error).")
        case .turnedAway(let reason, let address): complain(reason, of: address)
        case .dropped(let peer, let reason):
            complain("\(label(peer)) is ignored from now on: \(reason).")
            if let worker = sessions[peer] { handle(.left(worker, because: .disconnected)) }
        case .failed(let error): log.critical("\(error)")
        }
    }

    private func label(_ peer: PeerID) -> String {
        if let worker = sessions[peer], let member = members[worker] { return member.label }
        return router.address(of: peer).map { "\(peer) at \($0)" } ?? peer.description
    }

    private func receive(_ parcel: Parcel, from peer: PeerID) {
        if case .hello(let hello) = parcel.message { return greet(hello, from: peer) }
        guard let worker = sessions[peer] else {
            log.debug("\(label(peer)) said '\(parcel.message.kind)' before 'hello'.")
            let sentence = "'\(parcel.message.kind)' came before 'hello', or after the session had ended"
            return send(.refused(Refused(.unexpected, sentence)), to: peer)
        }
        receive(parcel, from: worker, peer)
    }

    private func greet(_ hello: Hello, from peer: PeerID) {
        if let farewell { return send(.goodbye(Goodbye(farewell)), to: peer) }
        // One that says hello again begins anew.
        if let worker = sessions[peer] { handle(.left(worker, because: .disconnected)) }
        guard hello.numericsVersion == numericsVersion else {
            let sentence =
                "it computes by numerics version \(hello.numericsVersion), this coordinator by \(numericsVersion), so their bits "
                + "would differ. Run the same release of troupe on both sides."
            complain("\(hello.name.printable) at \(label(peer)) is refused: \(sentence)")
            return send(.refused(Refused(.numericsMismatch, sentence, field: "hello.numerics_version")), to: peer)
        }
        guard members.count < settings.mostWorkers else {
            complain("\(hello.name.printable) is told to come again: there are \(members.count) workers already.")
            let sentence = "there are \(members.count) workers already, which is as many as this coordinator takes"
            return send(.refused(Refused(.full, sentence)), to: peer)
        }
        router.admit(peer)
        let key = router.key(of: peer)
        // A worker may be back before its old connection is known to be broken.
        let previous = previousSession(of: hello, by: key)
        if let previous, members[previous] != nil { handle(.left(previous, because: .disconnected)) }
        let worker = newSession()
        members[worker] = Member(peer: peer, hello: hello, address: router.address(of: peer), key: key)
        note(worker, of: key)
        sessions[peer] = worker
        report(.joined(worker: name(worker), processID: hello.processID))
        let welcome = Welcome(
            session: worker.session,
            heartbeatInterval: settings.heartbeatInterval,
            heartbeatTimeout: settings.heartbeatTimeout,
            build: settings.build
        )
        send(.welcome(welcome), to: peer)
        handle(.joined(worker, slots: hello.slots, after: previous))
    }

    private func receive(_ parcel: Parcel, from worker: WorkerID, _ peer: PeerID) {
        // Whatever it says, it lives.
        handle(.heard(worker, running: []))
        switch parcel.message {
        case .heartbeat(let heartbeat):
            members[worker]?.progress = Dictionary(heartbeat.tasks.map { ($0.task, $0) }) { _, last in last }
            handle(.heard(worker, running: heartbeat.tasks.map { Attempt($0.task, $0.attempt) }))
        case .drain: handle(.draining(worker))
        case .goodbye: handle(.left(worker, because: .goodbye))
        case .started(let started): handle(.started(Attempt(started.task, started.attempt), by: worker))
        case .finished(let finished): finish(finished, parcel.frames, by: worker)
        case .failed(let failed): fail(failed, at: worker)
        case .blobRequest(let request):
            var answer = store.answer(request)
            if case .blobMissing = answer.message, let content = programs.content(of: request.name) {
                var programs = BlobStore()
                programs[request.name] = content
                answer = programs.answer(request)
            }
            send(answer.message, frames: answer.frames, to: peer)
        case .blobChunk(let chunk): receive(chunk, parcel.frames[0], from: worker)
        case .blobMissing(let missing):
            // Also when nobody asked: it has no room for it any more.
            transfers.giveUp(missing.name, from: worker)
            handle(.notFound(missing.name, at: worker))
        case .refused(let refused):
            // What it refused is lost to it: others get what it was given, and it may begin anew.
            defer { handle(.left(worker, because: .disconnected)) }
            log.warning(
                "\(name(worker)) refuses: \(refused.sentence.printable)\(refused.field.isEmpty ? "" : " (\(refused.field.printable))")"
            )
        case .hello, .welcome, .assignment, .accepted, .cancel, .release:
            let sentence = "only a coordinator says '\(parcel.message.kind)'"
            send(.refused(Refused(.unexpected, sentence)), to: peer)
        }
    }

    private func receive(_ chunk: BlobChunk, _ frame: Frame, from worker: WorkerID) {
        switch transfers.receive(chunk, frame, from: worker) {
        case .more(let requests): for request in requests { tell(worker, .blobRequest(request)) }
        case .complete(let bytes):
            store[chunk.name] = Frame(bytes)
            handle(.stored(chunk.name))
        case .damaged(let reason):
            log.warning("Blob \(chunk.name.short) from \(name(worker)) is damaged: \(reason).")
            handle(.notFound(chunk.name, at: worker))
        case .unexpected: break
        }
    }

    private func finish(_ finished: TaskFinished, _ frames: [Frame], by worker: WorkerID) {
        let attempt = Attempt(finished.task, finished.attempt)
        if let task = scheduler.specification(of: finished.task) {
            if let fault = fault(in: finished, frames, of: task) {
                // It shall not be offered again.
                tell(worker, .accepted(TaskAccepted(task: attempt.task, attempt: attempt.number)))
                let useless = Set(finished.outputs.map(\.tensor.name)).filter { !scheduler.holds(worker, $0) }
                tell(worker, .release(Release(names: useless.sorted())))
                return fail(attempt, .wrongResult, fault, at: worker)
            }
            if scheduler.expects(attempt, from: worker) {
                let took = Duration.nanoseconds(finished.wallNanoseconds)
                report(.finished(task.role, worker: name(worker), took: took))
            }
        }
        let attached = finished.outputs.filter(\.isAttached).map(\.tensor.name)
        for (name, frame) in zip(attached, frames) where store[name] == nil { store[name] = frame }
        handle(.finished(attempt, by: worker, outputs: finished.outputs.map(\.tensor), stored: Set(attached)))
    }

    /// What is wrong with a result, if anything.
    private func fault(in finished: TaskFinished, _ frames: [Frame], of task: TaskSpecification) -> String? {
        let found = finished.outputs.map(\.tensor.type)
        let expected = programs[task.program]?.program.outputs.map(\.type)
        guard found == expected else { return "its outputs are not of the types that its program says" }
        let attached = finished.outputs.filter(\.isAttached)
        for (output, frame) in zip(attached, frames) where Hash.ofBlob(frame.bytes) != output.tensor.name {
            return "an output's content does not have its name"
        }
        return nil
    }

    private func fail(_ failed: TaskFailed, at worker: WorkerID) {
        let cause: AttemptFailure.Cause =
            switch failed.code {
            case .refused: .refused
            case .tooLarge: .tooLarge
            case .missingBlob: .missingBlob
            case .execution: .execution
            case .cancelled: .returned
            }
        fail(Attempt(failed.task, failed.attempt), cause, failed.sentence.printable, at: worker)
    }

    private func fail(_ attempt: Attempt, _ cause: AttemptFailure.Cause, _ sentence: String, at worker: WorkerID) {
        if let task = scheduler.specification(of: attempt.task), cause != .returned,
            scheduler.expects(attempt, from: worker)
        {
            report(.failed(task.role, worker: name(worker), reason: sentence))
        }
        handle(.failed(attempt, AttemptFailure(cause, at: worker, "\(name(worker)): \(sentence)")))
    }
}

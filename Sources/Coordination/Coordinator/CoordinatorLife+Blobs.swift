import Tensors
import Wire

/// How blobs come and go, over the data connections of workers.
extension CoordinatorLife {
    /// A peer says to whose blobs its connection belongs, and proves it.
    mutating func takeData(_ hello: DataHello, from peer: PeerID, with key: PublicKey?) {
        guard farewell == nil else { return }
        let worker = WorkerID(session: hello.session)
        guard sessions[peer] == nil, let member = members[worker], member.token == hello.token, member.key == key,
            hello.number > member.dataNumber
        else {
            log(.detail, "\(label(peer)) offers a data connection for a session that is not its own, or is over.")
            return refuse(peer, .unexpected, "there is no such session, or not any more")
        }
        if let old = member.data { loseData(old) }
        loseData(peer)
        accounts.join(peer, to: member.peer)
        members.update(worker) {
            $0.data = peer
            $0.dataNumber = hello.number
        }
        dataSessions[peer] = worker
        actions.append(.admit(peer))
        tell(.heard(worker, running: []))
        transfers.open(worker, isNearby: member.isNearby, at: now)
    }

    /// A connection is of no use for blobs any more. Its worker makes another one.
    mutating func loseData(_ peer: PeerID) {
        guard let worker = dataSessions.removeValue(forKey: peer) else { return }
        members.update(worker) { $0.data = nil }
        transfers.shut(worker)
    }

    mutating func receive(
        _ message: Message,
        _ content: Content,
        overDataOf worker: WorkerID,
        from peer: PeerID
    ) {
        guard farewell == nil else { return forgetAttached(message) }
        tell(.heard(worker, running: []))
        switch message {
        case .blobRequest(let request): actions.append(.answer(request, to: peer))
        case .blobChunk(let chunk): receive(chunk, content.byteCount, from: worker)
        case .blobMissing(let missing):
            let end = transfers.miss(missing.name, from: worker, at: now)
            drop(end.dropped)
            if end.wasOnItsWay { tell(.notFound(missing.name, at: worker)) }
        case .refused(let refused):
            log(.warning, "\(name(worker)) refuses: \(refused.sentence.printable)")
            tell(.left(worker, because: .disconnected))
        default:
            forgetAttached(message)
            refuse(peer, .unexpected, "'\(message.kind)' is not for data connections")
        }
    }

    /// Has a blob sent here.
    mutating func fetch(_ blob: TensorBlob, from worker: WorkerID) {
        transfers.begin(blob.name, of: blob.byteCount, from: worker, at: now)
        guard let member = members[worker], member.data == nil, !member.isSummoned else { return }
        members.update(worker) { $0.isSummoned = true }
        send(.dataSummons, to: worker)
    }

    /// Asks for what may be asked for by now.
    mutating func askForBlobs() {
        for (worker, request) in transfers.requests(at: now) {
            guard let peer = members[worker]?.data else { continue }
            accounts.grant(Allowance.cost(byteCount: request.length), to: peer)
            actions.append(.send(.blobRequest(request), to: peer))
        }
    }

    /// Asks for no more of what nobody needs.
    mutating func stopUselessTransfers() {
        while let (blob, worker) = unwanted.popLast() {
            guard scheduler.blobs[blob]?.isAwaited != true else { continue }
            let end = transfers.giveUp(blob, from: worker)
            guard end.wasOnItsWay else { continue }
            transfers.forget(blob)
            drop(end.dropped + [blob])
            tell(.notFound(blob, at: worker))
        }
    }

    /// Looks elsewhere for what workers do not send, though they live.
    mutating func giveUpOverdueBlobs() {
        for (blob, worker) in transfers.overdue(at: now) {
            log(.warning, "\(name(worker)) has sent nothing of blob \(blob.short) for \(Transfers<WorkerID>.patience).")
            drop(transfers.giveUp(blob, from: worker).dropped)
            tell(.notFound(blob, at: worker))
        }
    }

    private mutating func receive(_ chunk: BlobChunk, _ byteCount: Int, from worker: WorkerID) {
        switch transfers.receive(chunk, byteCount, from: worker, at: now) {
        case .more: actions.append(.keepPiece(chunk.name))
        case .complete:
            actions.append(.keepPiece(chunk.name))
            guard let tensor = scheduler.tensor(chunk.name) else {
                // It was let go meanwhile.
                transfers.forget(chunk.name)
                return actions.append(.dropPieces(chunk.name))
            }
            actions.append(.assemble(tensor))
        case .damaged(let reason):
            actions.append(.dropPieces(chunk.name))
            log(.warning, "Blob \(chunk.name.short) from \(name(worker)) is damaged: \(reason).")
            tell(.notFound(chunk.name, at: worker))
        case .unexpected: break
        }
    }

    /// A blob was put together.
    mutating func close(_ blob: Hash, isSound: Bool) {
        let end = transfers.close(blob, isSound: isSound, at: now)
        if isSound { return tell(.stored(blob)) }
        guard let end else { return }
        log(.warning, "Blob \(blob.short) from \(name(end.source)) is damaged: its content does not have its name.")
        if !end.mustSendAgain { tell(.notFound(blob, at: end.source)) }
    }

    // MARK: The journal

    /// A large result takes up room until it is durable, and fewer others are fetched meanwhile.
    mutating func noteJournaling(_ finding: Scheduler.Finding) {
        let byteCount = finding.outputs.map(\.byteCount).reduce(0, +)
        guard byteCount > WireLimits.attachedOutput else { return }
        journalingBytes += byteCount - (journaling.updateValue(byteCount, forKey: finding.task.task) ?? 0)
        transfers.hold(journalingBytes)
    }

    mutating func noteJournaled(_ tasks: [Hash]) {
        guard !journaling.isEmpty else { return }
        for task in tasks { journalingBytes -= journaling.removeValue(forKey: task) ?? 0 }
        transfers.hold(journalingBytes)
    }

    mutating func drop(_ blobs: [Hash]) { for blob in blobs { actions.append(.dropPieces(blob)) } }
}

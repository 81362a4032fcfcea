import Wire

/// How much a peer may send.
extension CoordinatorLife {
    /// Counts a message.
    ///
    /// - Returns: whether it may be listened to; if not, the peer was told, and is sent away.
    mutating func charge(_ message: Message, _ content: Content, to peer: PeerID) -> Bool {
        let cost =
            switch message {
            case .finished(let finished):
                Allowance.cost(
                    items: finished.outputs.count,
                    byteCount: finished.outputs.reduce(0) { $0 + ($1.isAttached ? $1.tensor.byteCount : 0) }
                )
            case .heartbeat(let heartbeat): Allowance.cost(items: heartbeat.tasks.count)
            case .blobChunk: Allowance.cost(byteCount: content.byteCount)
            case .accepted(let accepted): Allowance.cost(items: accepted.results.count)
            case .release(let release): Allowance.cost(items: release.names.count)
            default: Allowance.cost()
            }
        if charge(cost, to: peer) { return true }
        forgetAttached(message)
        return false
    }

    mutating func charge(_ cost: Int, to peer: PeerID) -> Bool {
        if accounts.spend(cost, by: peer, at: now) { return true }
        let sentence =
            "too much came that nobody had asked for: more than \(Allowance.reserve) messages, and \(Allowance.perSecond) more "
            + "each second"
        log(.complaint, "\(label(peer)) is sent away: \(sentence).")
        refuse(peer, .full, sentence)
        actions.append(.expel(peer))
        // Without a way for its blobs a worker is of no use.
        if let worker = sessions[peer] ?? dataSessions[peer] { tell(.left(worker, because: .disconnected)) }
        loseData(peer)
        return false
    }
}

extension Allowance {
    /// The points that all answers to an assignment cost at most: that it runs, how it ended, and the blobs for which a worker
    /// asks, in pieces of 8 KiB or more, and has to make room.
    static func points(for task: TaskSpecification) -> Int {
        4 + task.inputs.count + task.outputs.count + task.program.byteCount / bytesPerPoint
            + task.byteCount / bytesPerPoint
    }
}

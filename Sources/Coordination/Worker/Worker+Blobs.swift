import Logging
import Tasks
import Tensors
import Wire

/// How a worker gets blobs and hands them out: the shell around `Supply`.
extension Worker {
    func takeData(_ event: DealerEvent) {
        switch event {
        case .connected: handleSupply(.connected)
        case .disconnected:
            log.debug("The data connection to \(address) is gone; waiting for it to come back.")
            handleSupply(.disconnected)
        case .received(let parcel):
            handle(.heard)
            if case .blobChunk(let chunk) = parcel.message { incoming = (parcel.frames[0], chunk) }
            handleSupply(.received(parcel.message, byteCount: incoming?.piece.count ?? 0))
            incoming = nil
        case .faulted(let error): log.warning("\(address) sent what cannot be accepted: \(error).")
        case .dropped(let reason): log.warning("\(address) is ignored until it reconnects: \(reason).")
        // Whoever is wrong there is wrong for the other connection, too.
        case .rejected(let rejection): log.debug("No data connection: \(rejection).")
        case .failed(let error): log.error("\(error)")
        }
    }

    func handleSupply(_ event: Supply.Event) {
        for action in supply.handle(event, at: .now) { perform(action) }
        lookLater()
    }

    private func lookLater() {
        guard !isOver, lookAlarm == nil, let next = supply.nextLook else { return }
        lookAlarm = loop.alarm(at: next) { [weak self] in
            self?.assumeIsolated { worker in
                worker.lookAlarm = nil
                if !worker.isOver { worker.handleSupply(.tick) }
            }
        }
    }

    private func look(for look: HostFetches.Look) {
        let source = "\(address)"
        hostThread.perform { [self, hostBlobs] in
            let sight = hostBlobs.look(for: look.blob, byteCount: look.byteCount, mark: look.mark, from: source)
            loop.perform { self.assumeIsolated { $0.see(sight, of: look.blob) } }
        }
    }

    private func see(_ sight: HostBlobs.Sight, of name: Hash) {
        guard !isOver else { return }
        switch sight {
        case .found(let blob):
            found = (name, blob)
            handleSupply(.looked(name, .found))
            found = nil
        case .marked(let mark):
            hostMarks[name] = mark
            handleSupply(.looked(name, .marked))
        case .taken(let steps): handleSupply(.looked(name, .taken(steps: steps)))
        case .unmarkable: handleSupply(.looked(name, .unmarkable))
        }
    }

    private func assemble(_ name: Hash) {
        guard let blob = partial.take(name) else { return handleSupply(.assembled(name, isSound: false)) }
        guard blob.count >= HostBlobs.smallest else { return keep(blob, as: name) }
        hostThread.perform { [self, hostBlobs] in
            let placed = hostBlobs.place(blob, as: name)
            loop.perform { self.assumeIsolated { $0.keep(placed, as: name) } }
        }
    }

    private func keep(_ blob: Frame, as name: Hash) {
        guard !isOver else { return }
        // In a new session it may be on its way once more.
        partial.drop(name)
        store[name] = blob
        handleSupply(.assembled(name, isSound: true))
    }

    private func perform(_ action: Supply.Action) {
        switch action {
        case .connect:
            log.debug("Making a data connection to \(address).")
            do throws(SocketError) { try dataDealer.connect(to: address) } catch { log.error("\(error)") }
        case .disconnect: dataDealer.disconnect()
        case .send(let message): sendData(Parcel(message))
        case .answer(let request):
            if request.offset > 0 { KillPoint.resultHalfSent.pass() }
            sendData(store.answer(request))
        case .keepPiece(let name):
            guard let (piece, chunk) = incoming else { return }
            if chunk.offset + piece.count < chunk.total { KillPoint.inputHalfFetched.pass() }
            partial.append(piece, to: name, of: chunk.total)
        case .assemble(let name): assemble(name)
        case .dropPieces(let name): partial.drop(name)
        case .look(let look): self.look(for: look)
        case .show(let names, let steps): for name in names { hostMarks[name]?.show(steps: steps) }
        case .unmark(let names): for name in names { hostMarks[name] = nil }
        case .fetched(let name):
            if let found, found.name == name { store[name] = found.blob }
            handle(.fetched(name))
        case .unfetchable(let name, let reason): handle(.unfetchable(name, reason))
        }
    }

    private func sendData(_ parcel: Parcel) {
        do throws(WireError) {
            let delivery = try dataDealer.send(parcel)
            if delivery == .unreachable, dataDealer.isConnected { handleSupply(.clogged) }
        } catch {
            log.error("'\(parcel.message.kind)' cannot be sent: \(error).")
        }
    }
}

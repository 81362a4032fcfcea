/// What the library tells of connections, and which of them are cut: those that are too many, that do not introduce themselves,
/// and that send a message without an end.
extension Router {
    /// How long a peer has to read why it is sent away of which the library keeps more and more as long as it is there.
    private static let shortFarewell = Duration.milliseconds(20)
    /// How long a connection that is too many stands. Most peers come to an end with their introductions in that time, so that
    /// they know that no key is to blame, and are told what is.
    private static let crowdFarewell = Duration.milliseconds(250)
    /// How often to look for messages that do not end. On the fastest networks some 100 MB come in that time.
    private static let intakePeriod = Duration.milliseconds(100)

    private func welcome(_ descriptor: Int32) {
        guard let visitor = Connection(descriptor: descriptor) else { return }
        visitors.come(visitor, at: descriptor, .now)
        if let limit = settings.connections, visitors.count > limit {
            let isTold = visitors.turnAway(descriptor)
            descriptors.crowd(descriptor)
            // Who is still about its introductions can tell this from the end that the wrong key of a router leads to.
            if isTold {
                loop.alarm(at: .now.advanced(by: Self.crowdFarewell)) { visitor.reset() }
            } else {
                visitor.reset()
            }
            announcements.append(.turnedAway(.crowded(limit: limit), from: visitor.address))
        }
        intake.begin(descriptor)
        watchIntake()
        watchVisitors()
    }

    private func watchIntake() {
        guard intakeAlarm == nil, !intake.isEmpty else { return }
        intakeAlarm = loop.alarm(at: .now.advanced(by: Self.intakePeriod)) { [self] in
            intakeAlarm = nil
            for place in intake.next() {
                guard let visitor = visitors[place], let taken = visitor.takenByteCount else { continue }
                let known = descriptors.peers(at: place)
                let messages = known.reduce(0) { max($0, peers[$1]?.lastMessage ?? 0) }
                guard let kept = intake.note(place, bytes: taken, messages: messages) else { continue }
                intake.end(place)
                refuseEndless(kept, of: known, from: visitor)
            }
            watchIntake()
        }
    }

    private func refuseEndless(_ byteCount: Int, of known: [PeerID], from visitor: Connection) {
        guard !known.isEmpty else {
            visitor.cut()
            return announce(.turnedAway(.endless(bytes: byteCount), from: visitor.address))
        }
        for peer in known {
            let refused = Refused(.tooLarge, "a message does not end: \(byteCount) bytes have come of it")
            _ = try? send(.refused(refused), to: peer)
            drop(peer, because: .endless(bytes: byteCount))
            expel(peer, after: Self.shortFarewell)
        }
    }

    private func watchVisitors() {
        guard visitorAlarm == nil, let deadline = visitors.nextDeadline else { return }
        visitorAlarm = loop.alarm(at: deadline) { [self] in
            visitorAlarm = nil
            let overdue = visitors.overdue(at: .now) { visitor, usual in
                Patience.limit(usual: usual, resendPause: visitor.resendPause)
            }
            for (visitor, patience) in overdue {
                visitor.cut()
                announcements.append(.turnedAway(.silent(patience), from: visitor.address))
            }
            if !overdue.isEmpty { announce() }
            watchVisitors()
        }
    }

    func noteConnections() throws(SocketError) {
        while let event = try monitor?.next() {
            switch event {
            case .accepted(let descriptor):
                descriptors.begin(descriptor)
                welcome(descriptor)
            case .failed(let fault): self.fault = fault
            case .ended(let descriptor):
                let visitor = visitors.leave(descriptor)
                intake.end(descriptor)
                if let reason = fault.take().flatMap({ TurnedAway($0) }) {
                    announcements.append(.turnedAway(reason, from: visitor?.address))
                }
                for peer in descriptors.end(descriptor) { end(peer) }
            case .reached, .established: break
            }
        }
    }
}

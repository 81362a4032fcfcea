import Glibc
import Logging
import Wire

/// Who may come in, and who was turned away.
extension Coordinator {
    /// How long a connection may last without a greeting.
    private static let introduction = Duration.seconds(5)

    static func socketSettings() -> SocketSettings {
        var settings = SocketSettings()
        settings.introduction = introduction
        settings.connections = mostConnections
        DescriptorWall.set(from: mostConnections + reserve / 2)
        return settings
    }

    /// Files, the ledger and the library need descriptors too.
    private static var mostConnections: Int { max(mostDescriptors - reserve, 8) }

    private static var reserve: Int { max(mostDescriptors / 4, 64) }

    private static var mostDescriptors: Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1_024 }
        return Int(clamping: limit.rlim_cur)
    }

    /// Looks whether other keys may take part than before.
    ///
    /// - Throws: `KeyError` when the list cannot be read.
    func lookAtAuthorizedKeys() throws(KeyError) {
        switch authorizedKeys?.look() {
        case nil, .some(.none): break
        case .list(let list):
            log.info(list.names.count == 1 ? "1 key may take part." : "\(list.names.count) keys may take part.")
            router.allow(list)
            allowList = list
        case .unreadable(let error):
            // Those who are here have proven their right; nobody else can.
            router.allow(AllowList(allowList.names.filter { key, _ in life.members.values.contains { $0.key == key } }))
            throw error
        }
    }

    /// Looks whether the list has changed, while the coordinator works.
    func lookForKeys() {
        do throws(KeyError) {
            try lookAtAuthorizedKeys()
        } catch {
            log.error("\(error) Until then no other worker is let in.")
        }
    }

    /// What is done about it every now and then.
    func lookAfterAccess() {
        lookForKeys()
        for (subject, count) in [
            ("strangers", strangerComplaints.summary(at: .now)), ("peers", peerComplaints.summary(at: .now)),
        ] {
            guard let count else { continue }
            log.warning("\(count) more lines about \(subject) were left out within the last \(Complaints.period).")
        }
    }

    /// Logs what a peer has caused, as often as that does no harm.
    func complain(_ sentence: @autoclosure () -> String) {
        guard peerComplaints.note(at: .now) else { return log.debug("\(sentence())") }
        log.warning("\(sentence())")
    }

    /// Logs who was turned away, as often as that does no harm. Anybody can cause it, and so must not be able to crowd out what
    /// is said about peers.
    func complain(_ reason: TurnedAway, of address: String?) {
        let sentence = "Somebody\(address.map { " at \($0)" } ?? "") was turned away: \(reason)."
        guard strangerComplaints.note(at: .now) else { return log.debug("\(sentence)") }
        log.warning("\(sentence)")
    }
}

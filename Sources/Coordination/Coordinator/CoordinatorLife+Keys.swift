import Tensors
import Wire

/// Whose a session is.
extension CoordinatorLife {
    /// Remembers whose a session is. Of very many the oldest are forgotten, and so begin anew when they come back.
    mutating func note(_ session: WorkerID, of key: PublicKey?) {
        guard let key else { return }
        sessionKeys[session] = key
        guard sessionKeys.count > 2 * Self.mostSessionKeys else { return }
        for old in sessionKeys.keys.sorted().prefix(Self.mostSessionKeys) where members[old] == nil {
            sessionKeys[old] = nil
        }
    }

    private static let mostSessionKeys = 16_384

    /// The session that a worker says it had, if it is its own: no other key may go on with it.
    mutating func previousSession(of hello: Hello, by key: PublicKey?) -> WorkerID? {
        guard hello.previousSession != 0 else { return nil }
        let previous = WorkerID(session: hello.previousSession)
        guard let owner = sessionKeys[previous] else { return key == nil ? previous : nil }
        guard owner == key else {
            log(.complaint, "\(hello.name.printable) claims a session of another key, and begins anew instead.")
            return nil
        }
        return previous
    }
}

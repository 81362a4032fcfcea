/// Why a dealer does not come to talk with whom it reaches.
package enum Rejection: Hashable, Sendable {
    /// The router does not let its key in. The library does not try again.
    case keyNotAdmitted
    /// One side has keys and the other has none. The library does not try again.
    case mechanism
    /// What the router says was not encrypted by the key that is expected. The library does not try again.
    case wrongServerKey
    /// The other side does not speak ZeroMQ. The library does not try again.
    case notZeroMQ
    /// The other side has closed the connection in the midst of the introductions, as a router does that has another key
    /// than the one that is expected, and any process that ends. The library tries again.
    case closed
    /// The other side has torn the connection down in the midst of the introductions, as a router does over a slow `tcp://`
    /// that has as many as it takes, and the system for a process that was killed. It says nothing of keys. The library tries
    /// again.
    case reset
    /// The connection has ended otherwise before it was established. The library tries again.
    case brokenOff

    init(_ fault: ConnectionMonitor.Fault) {
        self =
            switch fault {
            case .protocolBroken: .notZeroMQ
            case .mechanism: .mechanism
            case .cryptography: .wrongServerKey
            case .notAdmitted: .keyNotAdmitted
            case .closed: .closed
            case .reset: .reset
            case .brokenOff: .brokenOff
            }
    }
}

/// Why a router sends somebody away before anything was received.
package enum TurnedAway: Hashable, Sendable, CustomStringConvertible {
    /// Its key may not take part.
    case unlistedKey(PublicKey)
    /// It has no key though the router has, or the other way round.
    case mechanism
    /// It expects a router with another key, or plays with bytes that others have sent.
    case cryptography
    /// It does not speak ZeroMQ, or breaks its rules.
    case notZeroMQ
    /// It was not admitted in time.
    case silent(Duration)
    /// There are as many connections as the router takes.
    case crowded(limit: Int)
    /// It sends a message that does not end.
    case endless(bytes: Int)

    /// A sentence for logs, which goes on from who it is.
    package var description: String {
        switch self {
        case .unlistedKey(let key):
            "its key \(key) is not authorized; `troupe keys authorize \(key)` lets it in"
        case .mechanism: "one side has keys and the other has none"
        case .cryptography: "it expects another coordinator's key, or repeats what others have said"
        case .notZeroMQ: "it does not speak ZeroMQ"
        case .silent(let patience): "it did not introduce itself within \(patience)"
        case .crowded(let limit): "there are \(limit) connections already, which is as many as are taken"
        case .endless(let bytes): "it sends a message that does not end: \(bytes) bytes have come of it"
        }
    }

    /// Why somebody is told of by the monitor; nil when others tell it, or it is not worth a word.
    init?(_ fault: ConnectionMonitor.Fault) {
        switch fault {
        case .protocolBroken: self = .notZeroMQ
        case .mechanism: self = .mechanism
        case .cryptography: self = .cryptography
        case .notAdmitted, .closed, .reset, .brokenOff: return nil
        }
    }
}

/// What a router tells its owner, in the order in which it happened.
package enum RouterEvent: Hashable, Sendable {
    /// A message that decodes, with its frames. Whether it makes sense now is for the owner to judge.
    case received(Parcel, from: PeerID)
    /// A connection that something was received from is gone: at once when its process ended, within two seconds when
    /// the network did. It comes once, after everything that the peer had sent. Over `inproc://` a peer is only missed
    /// when something is sent to it.
    case disconnected(PeerID)
    /// A peer sent something that cannot be accepted, and was told so. To be logged.
    case faulted(PeerID, WireError)
    /// A peer is ignored from now on, and unreachable, though it may still be connected.
    case dropped(PeerID, because: DropReason)
    /// Somebody was sent away before anything was received. To be logged, but anybody can cause it.
    case turnedAway(TurnedAway, from: String?)
    /// The socket does not work any more, for a reason that is not foreseen.
    case failed(SocketError)
}

/// Why a peer is ignored.
package enum DropReason: Hashable, Sendable, CustomStringConvertible {
    /// It went on sending what cannot be accepted.
    case faults(Int)
    /// It does not take what is sent to it.
    case slow(waitingBytes: Int)
    /// Its key may not take part any more.
    case revoked
    /// It sends a message that does not end.
    case endless(bytes: Int)

    /// A sentence for logs.
    package var description: String {
        switch self {
        case .faults(let count): "it sent \(count) messages that cannot be accepted"
        case .slow(let bytes): "it does not take what is sent to it: \(bytes) bytes wait"
        case .revoked: "its key is not authorized any more"
        case .endless(let bytes): "it sends a message that does not end: \(bytes) bytes have come of it"
        }
    }
}

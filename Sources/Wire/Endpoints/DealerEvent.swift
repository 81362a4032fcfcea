/// What a dealer tells its owner, in the order in which it happened.
package enum DealerEvent: Hashable, Sendable {
    /// A connection stands, for the first time or again. Nothing of an earlier connection holds any more: say `Hello`.
    case connected
    /// The connection is gone, after everything that came through it. The dealer goes on trying to reconnect. Over
    /// `inproc://` this is never told, and there is no reconnection other than by `connect(to:)`.
    case disconnected
    /// A message that decodes, with its frames.
    case received(Parcel)
    /// The other side sent something that cannot be accepted, and was told so. To be logged.
    case faulted(WireError)
    /// The other side is ignored until the next connection.
    case dropped(DropReason)
    /// Something was reached, but the two do not come together. `Rejection` says whether the dealer goes on trying.
    case rejected(Rejection)
    /// The socket does not work any more, for a reason that is not foreseen.
    case failed(SocketError)
}

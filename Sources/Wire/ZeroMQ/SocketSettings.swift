import CZeroMQ

/// How sockets behave when networks and peers do not. The defaults were found by cutting, delaying and freezing
/// connections, and by losing what is sent. Whether a peer lives, those who use a socket find out by heartbeats of their own,
/// within 2 s where the way is short; what is here ends connections of which nobody else knows any more.
package struct SocketSettings: Hashable, Sendable {
    /// How often a dealer probes an idle connection; a router does not. It proves that the peer's process is not frozen, nothing more.
    package var heartbeatInterval: Duration = .seconds(5)
    /// How long a probe may go unanswered before the connection is closed. Probes wait behind blobs, and behind what is lost.
    package var heartbeatTimeout: Duration = .seconds(20)
    /// After how much silence the peer shall close the connection; without it the other side would stay blind.
    package var heartbeatLife: Duration = .seconds(30)
    /// How long both sides may take to introduce themselves. With keys it takes more than four round trips, each of which takes
    /// three times as long where its packet is lost. A router that has an `introduction` is less patient where the way is short.
    package var handshake: Duration = Patience.longest
    /// How long one attempt to connect may take; otherwise the kernel tries less and less often.
    package var connect: Duration = .milliseconds(2_000)
    /// The pause before the first attempt to reconnect; each further one is twice as long. Workers are often started together with
    /// their coordinator, which needs some hundredths of a second before it listens.
    package var reconnect: Duration = .milliseconds(20)
    /// The longest pause between attempts.
    package var longestReconnect: Duration = .milliseconds(2_000)
    /// How long a closed socket may still send what was handed to it.
    package var linger: Duration = .milliseconds(500)
    /// The largest frame that the library accepts from a peer before it drops the connection.
    package var frameWall = 1 << 20
    /// Bytes that the library may hold for one peer in each direction.
    package var bufferBytes = 64 << 20
    /// Bytes that wait for one peer beyond that, before the peer is given up.
    package var queueBytes = 64 << 20
    /// Connections that wait to be accepted.
    package var backlog = 1_024
    /// How long a connection may last without being admitted by the owner of a router, where the way is short; nil for ever.
    /// `Patience` says how long where it is not.
    package var introduction: Duration?
    /// Connections that a router takes; one more is closed at once. Nil for as many as the system allows.
    package var connections: Int?
    /// Messages that cannot be decoded before their sender is ignored.
    package var faults = 3

    /// The defaults.
    package init() {}

    /// The library counts messages, so each is taken to be as large as it may be.
    private var bufferedMessages: Int { max(bufferBytes / (WireLimits.frameBytes + WireLimits.envelope), 1) }

    /// Sets everything that must stand before a socket is bound or connected.
    func apply(to socket: borrowing Socket) throws(SocketError) {
        try socket.set(ZMQ_HEARTBEAT_IVL, heartbeatInterval)
        try socket.set(ZMQ_HEARTBEAT_TIMEOUT, heartbeatTimeout)
        try socket.set(ZMQ_HEARTBEAT_TTL, heartbeatLife)
        try socket.set(ZMQ_HANDSHAKE_IVL, handshake)
        try socket.set(ZMQ_CONNECT_TIMEOUT, connect)
        try socket.set(ZMQ_RECONNECT_IVL, reconnect)
        try socket.set(ZMQ_RECONNECT_IVL_MAX, longestReconnect)
        try socket.set(ZMQ_LINGER, linger)
        try socket.set(ZMQ_BACKLOG, Int32(clamping: backlog))
        try socket.set(ZMQ_SNDHWM, Int32(clamping: bufferedMessages))
        try socket.set(ZMQ_RCVHWM, Int32(clamping: bufferedMessages))
        try socket.set(ZMQ_MAXMSGSIZE, Int64(frameWall))
        try socket.set(ZMQ_TCP_KEEPALIVE, 1 as Int32)
        try socket.set(ZMQ_TCP_KEEPALIVE_IDLE, 10 as Int32)
        try socket.set(ZMQ_TCP_KEEPALIVE_INTVL, 5 as Int32)
        try socket.set(ZMQ_TCP_KEEPALIVE_CNT, 3 as Int32)
    }
}

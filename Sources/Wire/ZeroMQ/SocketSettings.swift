import CZeroMQ

/// How sockets behave when networks and peers do not. The defaults were found by cutting, delaying and freezing
/// connections: a dead peer is noticed within 2 s, and a healed network is used again within 2 s.
package struct SocketSettings: Hashable, Sendable {
    /// How often a dealer probes an idle connection; a router does not. It proves that the peer's process is not frozen, nothing more.
    package var heartbeatInterval: Duration = .milliseconds(500)
    /// How long a probe may go unanswered before the connection is closed.
    package var heartbeatTimeout: Duration = .milliseconds(1_500)
    /// After how much silence the peer shall close the connection; without it the other side would stay blind.
    package var heartbeatLife: Duration = .milliseconds(2_000)
    /// How long a stranger may take to introduce itself. With keys it takes more than four round trips, so those may take 0.8 s.
    package var handshake: Duration = .milliseconds(4_000)
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
    /// How long a connection may last without being admitted by the owner of a router; nil for ever.
    package var introduction: Duration?
    /// Connections that a router takes; one more is closed at once. Nil for as many as the system allows.
    package var connections: Int?
    /// Messages that cannot be decoded before their sender is ignored.
    package var faults = 3

    /// The defaults.
    package init() {}

    /// For a dealer that moves blobs, whose probes wait behind them: whether the peer lives, another connection tells.
    package static var data: SocketSettings {
        var settings = SocketSettings()
        settings.heartbeatInterval = .seconds(5)
        settings.heartbeatTimeout = .seconds(20)
        settings.heartbeatLife = .seconds(30)
        return settings
    }

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

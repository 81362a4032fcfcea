import CProtobuf

/// A coordinator admits a worker, which then offers again every result that was not accepted.
package struct Welcome: Hashable, Sendable {
    /// A new number for each welcome, never 0.
    package var session: UInt64
    /// How often each side says that it lives, in whole milliseconds, at least 1.
    package var heartbeatInterval: Duration
    /// How long the other side may be silent before it is gone, in whole milliseconds, more than the interval.
    package var heartbeatTimeout: Duration
    /// Which build of troupe the coordinator is, at most 256 bytes.
    package var build: String
    /// Bytes of blobs that may be attached to results which are not answered yet, and a quarter of it to one blob.
    package var attachedBytes: Int
    /// A secret that nobody else is told, by which a data connection proves that it belongs to the session.
    package var dataToken: UInt64

    /// An admission; the label is cut to its limit.
    package init(
        session: UInt64,
        heartbeatInterval: Duration,
        heartbeatTimeout: Duration,
        build: String,
        attachedBytes: Int = WireLimits.attachedNearby,
        dataToken: UInt64 = 0
    ) {
        self.session = session
        self.heartbeatInterval = heartbeatInterval
        self.heartbeatTimeout = heartbeatTimeout
        self.build = build.clipped(to: WireLimits.label)
        self.attachedBytes = attachedBytes
        self.dataToken = dataToken
    }
}

extension Welcome: Packable {
    static func initialise(_ cell: UnsafeMutablePointer<Troupe__Welcome>) { troupe__welcome__init(cell) }

    func write(to cell: inout Troupe__Welcome, in arena: inout Arena) throws(WireError) {
        cell.session = session
        cell.heartbeat_interval_milliseconds = try arena.milliseconds(
            heartbeatInterval,
            named: "heartbeat_interval_milliseconds"
        )
        cell.heartbeat_timeout_milliseconds = try arena.milliseconds(
            heartbeatTimeout,
            named: "heartbeat_timeout_milliseconds"
        )
        cell.build = try arena.string(build, named: "build")
        cell.attached_bytes = try arena.number(attachedBytes, named: "attached_bytes")
        cell.data_token = dataToken
    }

    init(reading cell: Troupe__Welcome) throws(WireError) {
        guard cell.session != 0 else { throw .field("session", "is 0") }
        let interval = try read(
            cell.heartbeat_interval_milliseconds,
            "heartbeat_interval_milliseconds",
            in: 1...Int(UInt32.max) - 1
        )
        let timeout = try read(
            cell.heartbeat_timeout_milliseconds,
            "heartbeat_timeout_milliseconds",
            in: interval + 1...Int(UInt32.max)
        )
        session = cell.session
        heartbeatInterval = .milliseconds(interval)
        heartbeatTimeout = .milliseconds(timeout)
        build = try read(cell.build, "build", atMost: WireLimits.label)
        attachedBytes = try read(cell.attached_bytes, "attached_bytes")
        dataToken = cell.data_token
    }
}

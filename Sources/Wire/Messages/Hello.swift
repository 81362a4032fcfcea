import CProtobuf

/// A worker's first words on every connection; answered by `Welcome` or `Refused`.
package struct Hello: Hashable, Sendable {
    /// The version of the protocol that this build speaks. A greeting of another version does not decode.
    package static let protocolVersion: UInt32 = 1

    /// The version of everything that decides bits; a coordinator refuses another one than its own.
    package var numericsVersion: UInt32
    /// A label for people, at most 256 bytes; not an identity.
    package var name: String
    /// Which build of troupe the worker is, at most 256 bytes.
    package var build: String
    /// How many tasks it runs at the same time, 1 to 4096.
    package var slots: Int
    /// How many processor cores it may use.
    package var cores: Int
    /// What all its tasks together may use; 0 when there is no limit.
    package var memoryLimitBytes: Int
    /// Its process at its host, for people.
    package var processID: Int
    /// The session of its last `Welcome`; 0 at first.
    package var previousSession: UInt64

    /// A greeting; labels are cut to their limit.
    package init(
        numericsVersion: UInt32,
        name: String,
        build: String,
        slots: Int,
        cores: Int,
        memoryLimitBytes: Int,
        processID: Int,
        previousSession: UInt64 = 0
    ) {
        self.numericsVersion = numericsVersion
        self.name = name.clipped(to: WireLimits.label)
        self.build = build.clipped(to: WireLimits.label)
        self.slots = slots
        self.cores = cores
        self.memoryLimitBytes = memoryLimitBytes
        self.processID = processID
        self.previousSession = previousSession
    }
}

extension Hello: Packable {
    static func initialise(_ cell: UnsafeMutablePointer<Troupe__Hello>) { troupe__hello__init(cell) }

    func write(to cell: inout Troupe__Hello, in arena: inout Arena) throws(WireError) {
        cell.protocol_version = Self.protocolVersion
        cell.numerics_version = numericsVersion
        cell.name = try arena.string(name, named: "name")
        cell.build = try arena.string(build, named: "build")
        cell.slots = try arena.number(slots, named: "slots")
        cell.cores = try arena.number(cores, named: "cores")
        cell.memory_limit_bytes = try arena.number(memoryLimitBytes, named: "memory_limit_bytes")
        cell.process_id = try arena.number(processID, named: "process_id")
        cell.previous_session = previousSession
    }

    init(reading cell: Troupe__Hello) throws(WireError) {
        guard cell.protocol_version == Self.protocolVersion else { throw .unknownVersion(cell.protocol_version) }
        numericsVersion = cell.numerics_version
        name = try read(cell.name, "name", atMost: WireLimits.label)
        build = try read(cell.build, "build", atMost: WireLimits.label)
        slots = try read(cell.slots, "slots", in: 1...WireLimits.slots)
        cores = try read(cell.cores, "cores")
        memoryLimitBytes = try read(cell.memory_limit_bytes, "memory_limit_bytes")
        processID = try read(cell.process_id, "process_id")
        previousSession = cell.previous_session
    }
}

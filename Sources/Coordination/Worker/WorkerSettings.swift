import Foundation

/// What a worker is called and how much it does at a time.
public struct WorkerSettings: Hashable, Sendable {
    /// What people see of it, at most 256 bytes.
    public var name: String
    /// How many tasks it runs at the same time, 1 to 4096, each on a thread of its own.
    public var slots: Int
    /// The build of the program that it is part of.
    public var build: String
    /// Bytes that its tasks together may use.
    public var memoryLimit: Int
    /// Bytes of inputs and results that it keeps for later tasks.
    public var cacheBytes: Int
    /// How long its tasks may go on after it was told to stop.
    public var grace: Duration
    /// How long it waits for a coordinator that is not there, or went away, before it ends; nil for ever.
    public var wait: Duration?
    /// Whom it works for, and how it proves itself.
    public var protection: Protection<WorkerKeys>

    /// A worker.
    ///
    /// - Parameters:
    ///   - name: Its name; by default made of the host's name and the process's number.
    ///   - slots: Tasks that it runs at the same time.
    ///   - build: The build of the program that it is part of.
    ///   - memoryLimit: Bytes for its tasks; by default three quarters of what the process may use.
    ///   - cacheBytes: Bytes of inputs and results that it keeps for later tasks; by default an eighth of what the process may
    ///     use. What was forgotten is fetched or computed again.
    ///   - grace: How long its tasks may go on after it was told to stop.
    ///   - wait: How long it waits for a coordinator that is not there; for ever when left out.
    ///   - protection: Whom it works for, and how it proves itself.
    public init(
        name: String? = nil,
        slots: Int = 1,
        build: String = "",
        memoryLimit: Int? = nil,
        cacheBytes: Int? = nil,
        grace: Duration = .seconds(10),
        wait: Duration? = nil,
        protection: Protection<WorkerKeys> = .thisMachine
    ) {
        self.name = name ?? "\(ProcessInfo.processInfo.hostName)/\(ProcessInfo.processInfo.processIdentifier)"
        self.slots = slots
        self.build = build
        self.memoryLimit = memoryLimit ?? MachineMemory.byteCount / 4 * 3
        self.cacheBytes = cacheBytes ?? MachineMemory.byteCount / 8
        self.grace = grace
        self.wait = wait
        self.protection = protection
    }
}

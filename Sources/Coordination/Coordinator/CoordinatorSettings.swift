/// How a coordinator keeps in touch with its workers.
public struct CoordinatorSettings: Hashable, Sendable {
    /// How often each side says that it lives.
    public var heartbeatInterval: Duration
    /// Silence after which the other side is gone.
    public var heartbeatTimeout: Duration
    /// Workers at a time; one more is told to come again later.
    public var mostWorkers: Int
    /// The build of the program that it is part of.
    public var build: String
    /// Who can reach it, and who may come in.
    public var protection: Protection<CoordinatorKeys>

    /// A coordinator with the defaults, under which a dead worker is noticed within two seconds.
    public init(
        heartbeatInterval: Duration = .milliseconds(500),
        heartbeatTimeout: Duration = .milliseconds(1_950),
        mostWorkers: Int = 4_096,
        build: String = "",
        protection: Protection<CoordinatorKeys> = .thisMachine
    ) {
        self.heartbeatInterval = heartbeatInterval
        self.heartbeatTimeout = heartbeatTimeout
        self.mostWorkers = mostWorkers
        self.build = build
        self.protection = protection
    }
}

/// When to say that the name of the coordinator's machine cannot be resolved. It may appear any moment, as names do in a
/// cluster that is being started, so the worker goes on trying; but a name that was mistyped should not look like a coordinator
/// that is not there yet. A value: what was found goes in with the time, sentences come out.
struct UnknownName {
    private let host: String
    private let address: String
    private var told: ContinuousClock.Instant?

    /// A name that nobody has looked up yet.
    ///
    /// - Parameters:
    ///   - host: The name.
    ///   - address: Where it stands, as the user wrote it.
    init(_ host: String, of address: String) {
        self.host = host
        self.address = address
    }

    /// Notes that it was looked up in vain.
    ///
    /// - Parameters:
    ///   - reason: Why, in the system's words.
    ///   - now: When that was.
    /// - Returns: what to say, if it is time to say something.
    mutating func fail(_ reason: String, at now: ContinuousClock.Instant) -> String? {
        if let told, now - told < Self.silence { return nil }
        told = now
        return "The name '\(host)' in \(address) cannot be resolved: \(reason). This worker goes on trying; correct "
            + "--connect if the name is wrong."
    }

    /// How long nothing is said after a sentence.
    static let silence = Duration.seconds(600)
}

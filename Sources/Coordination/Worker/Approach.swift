package import Wire

/// What a worker tells of whom it reaches: each trouble once, until somebody has spoken as a coordinator does. A value: what
/// happens goes in, what to say comes out.
package struct Approach: Sendable {
    private enum Trouble { case otherTongue, noAnswer, noPatience }

    private let address: String
    private let hasKeys: Bool
    private var told: Set<Trouble> = []
    /// Whether a coordinator has spoken over this connection.
    private var hasMet = false

    /// Nobody was reached at the address yet.
    package init(to address: String, hasKeys: Bool) {
        self.address = address
        self.hasKeys = hasKeys
    }

    /// A connection stands, to whomever.
    package mutating func connect() { hasMet = false }

    /// A message has come that decodes.
    package mutating func meet() {
        guard !hasMet else { return }
        hasMet = true
        told = []
    }

    /// The connection is gone, which is worth a word where it led to a coordinator.
    package func disconnect() -> String? {
        hasMet ? "The connection to \(address) is gone; waiting for it to come back." : nil
    }

    /// What came does not decode.
    package mutating func fault(_ error: WireError) -> String? {
        guard !hasMet else { return "\(address) sent what cannot be accepted: \(error)." }
        return tell(
            .otherTongue,
            "Who listens at \(address) does not speak as a coordinator does (\(error)). \(advice)"
        )
    }

    /// The two do not come together.
    ///
    /// - Returns: what to say of it. What ends the worker is told by its end.
    package mutating func reject(_ rejection: Rejection) -> String? {
        switch rejection {
        case .notZeroMQ: tell(.otherTongue, "Who listens at \(address) does not speak ZeroMQ. \(advice)")
        case .brokenOff: tell(.noAnswer, "Who listens at \(address) has taken the call, but does not answer. \(advice)")
        case .reset: tell(.noPatience, endsConnections)
        // With keys it is most likely their fault, and ends the worker when it goes on.
        case .closed: hasKeys ? nil : tell(.noPatience, endsConnections)
        case .keyNotAdmitted, .mechanism, .wrongServerKey: nil
        }
    }

    private var advice: String { "Trying again; the coordinator says at its start where it waits for workers." }

    private var endsConnections: String {
        "Who listens at \(address) ends connections before it says a word, as a coordinator does that takes no more of them or "
            + "has just ended. \(advice)"
    }

    private mutating func tell(_ trouble: Trouble, _ sentence: String) -> String? {
        told.insert(trouble).inserted ? sentence : nil
    }
}

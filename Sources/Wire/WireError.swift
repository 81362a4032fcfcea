/// Why bytes are no message, or a message cannot become bytes.
package enum WireError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Something is longer than its limit; nothing was allocated for it.
    case tooLarge(String, bytes: Int, limit: Int)
    /// A list, or an envelope as a whole, has more items than its limit.
    case tooMany(String, limit: Int)
    /// A field is not what it must be. The field is a path such as `assignment.inputs[2].name`; empty is the envelope.
    case field(String, String)
    /// The envelope holds a kind of message that this version does not know.
    case unknownMessage(number: Int)
    /// A greeting of another version of the protocol.
    case unknownVersion(UInt32)
    /// The raw frames are not those that the message announces.
    case frames(of: String, String)
    /// The peer chose its own routing id, under which it could take another's messages.
    case chosenRoutingID

    /// One sentence that names the field.
    package var description: String {
        switch self {
        case .tooLarge(let what, let bytes, let limit):
            "\(what.isEmpty ? "the envelope" : what) has \(bytes) bytes; at most \(limit) are allowed"
        case .tooMany(let what, let limit):
            "\(what.isEmpty ? "the envelope" : what) has too many items; at most \(limit) are allowed"
        case .field(let field, let reason): field.isEmpty ? "the envelope \(reason)" : "'\(field)' \(reason)"
        case .unknownMessage(let number): "message \(number) is unknown to protocol version \(Hello.protocolVersion)"
        case .unknownVersion(let version):
            "protocol version \(version) is not spoken here, only version \(Hello.protocolVersion). "
                + "Run the same release of troupe on both sides."
        case .frames(let message, let reason): "the frames of '\(message)' \(reason)"
        case .chosenRoutingID: "a worker must not set a ZeroMQ routing id"
        }
    }

    /// What to tell the peer whose bytes these were.
    package var refusal: Refused {
        switch self {
        case .tooLarge(let field, _, _), .tooMany(let field, _):
            Refused(.tooLarge, description, field: field)
        case .field(let field, _): Refused(.malformed, description, field: field)
        case .unknownMessage: Refused(.unknownMessage, description)
        case .unknownVersion: Refused(.unknownVersion, description, field: "hello.protocol_version")
        case .frames(let message, _): Refused(.wrongFrames, description, field: message)
        case .chosenRoutingID: Refused(.notAdmitted, description)
        }
    }

    /// The same error seen from the message around: `name` becomes `inputs[2].name`.
    func inside(_ outer: String) -> WireError {
        func path(_ field: String) -> String { field.isEmpty ? outer : "\(outer).\(field)" }
        switch self {
        case .tooLarge(let field, let bytes, let limit): return .tooLarge(path(field), bytes: bytes, limit: limit)
        case .tooMany(let field, let limit): return .tooMany(path(field), limit: limit)
        case .field(let field, let reason): return .field(path(field), reason)
        case .unknownMessage, .unknownVersion, .frames, .chosenRoutingID: return self
        }
    }
}

import Glibc

/// Where an endpoint listens or connects to: inside this process, on this machine, or over the network.
///
/// Nothing else that the library happens to be built with (PGM, NORM, TIPC, …) can be reached through an address.
package enum Address: Hashable, Sendable, CustomStringConvertible {
    /// Inside one process; both sides must use the same `Transport`.
    case inproc(String)
    /// A socket file of this machine. The path `*` lets the system choose one when listening.
    case ipc(String)
    /// A host, `*` for all interfaces when listening, and a port; nil lets the system choose a free one when listening.
    case tcp(host: String, port: UInt16?)

    /// The longest path of a socket file, in bytes.
    static let longestPath = 107

    /// Reads `inproc://name`, `ipc:///path`, `tcp://host:port`, `tcp://[::1]:port` or `tcp://host:*`.
    ///
    /// - Throws: `SocketError.badAddress` that says what is allowed.
    package init(_ text: String) throws(SocketError) {
        let parts = text.split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, !parts[1].isEmpty, !parts[1].utf8.contains(0) else {
            throw .badAddress(text, "it is not of the form transport://place")
        }
        switch parts[0] {
        case "inproc":
            guard parts[1].utf8.count <= 200 else { throw .badAddress(text, "the name is longer than 200 bytes") }
            self = .inproc(parts[1])
        case "ipc":
            guard parts[1].utf8.count <= Self.longestPath else {
                throw .badAddress(text, "the path is longer than \(Self.longestPath) bytes")
            }
            guard parts[1] == "*" || parts[1].hasPrefix("/") else {
                throw .badAddress(text, "the path does not begin with /")
            }
            self = .ipc(parts[1])
        case "tcp": self = try Self.tcp(parts[1], text)
        default: throw .badAddress(text, "the transport '\(parts[0])' is unknown")
        }
    }

    private static func tcp(_ place: String, _ text: String) throws(SocketError) -> Address {
        guard let colon = place.lastIndex(of: ":") else { throw .badAddress(text, "the port is missing") }
        let host = String(place[..<colon])
        let port = String(place[place.index(after: colon)...])
        let inBrackets = host.hasPrefix("[") && host.hasSuffix("]") && host.count > 2
        let allowed: (Character) -> Bool = { character in
            character.isASCII && (character.isLetter || character.isNumber || ".-_".contains(character))
        }
        guard host == "*" || inBrackets || (!host.isEmpty && host.allSatisfy(allowed)) else {
            throw .badAddress(text, "'\(host)' is no host; an IPv6 address stands in brackets")
        }
        if port == "*" { return .tcp(host: host, port: nil) }
        guard let number = UInt16(port), port.allSatisfy(\.isNumber) else {
            throw .badAddress(text, "'\(port)' is no port between 1 and 65535")
        }
        return .tcp(host: host, port: number == 0 ? nil : number)
    }

    /// The form that `init` reads.
    package var description: String {
        switch self {
        case .inproc(let name): "inproc://\(name)"
        case .ipc(let path): "ipc://\(path)"
        case .tcp(let host, let port): "tcp://\(host):\(port.map(String.init) ?? "*")"
        }
    }

    /// Whether nobody outside this machine can reach it, so that it needs no encryption.
    package var isLocal: Bool {
        switch self {
        case .inproc, .ipc: true
        case .tcp(let host, _): host == "localhost" || host == "[::1]" || Self.isLoopback(host)
        }
    }

    /// Whether the system still has to choose a part of it.
    var isOpen: Bool {
        switch self {
        case .inproc: false
        case .ipc(let path): path == "*"
        case .tcp(let host, let port): host == "*" || port == nil
        }
    }

    /// Whether a peer is at this machine, as far as its address tells: an IP address, or else what the library says of socket
    /// files, or nothing inside a process.
    package static func isOfThisMachine(peer address: String?) -> Bool {
        guard let address else { return true }
        if isLoopback(address) || address == "::1" { return true }
        var (four, six) = (in_addr(), in6_addr())
        return inet_pton(AF_INET, address, &four) != 1 && inet_pton(AF_INET6, address, &six) != 1
    }

    private static func isLoopback(_ host: String) -> Bool {
        var address = in_addr()
        return inet_pton(AF_INET, host, &address) == 1 && UInt32(bigEndian: address.s_addr) >> 24 == 127
    }
}

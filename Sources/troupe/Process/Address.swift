import ArgumentParser

/// Where a coordinator listens: `tcp://host:port` or `ipc://path`.
struct Address: Equatable, ExpressibleByArgument, CustomStringConvertible {
    /// As it was given.
    let description: String
    private let host: String?

    init?(argument: String) {
        description = argument
        if let path = argument.removingPrefix("ipc://") {
            // A path that is longer does not fit into the system's structure for it.
            guard (1...107).contains(path.utf8.count) else { return nil }
            host = nil
        } else if let rest = argument.removingPrefix("tcp://"), let colon = rest.lastIndex(of: ":") {
            guard let port = Int(rest[rest.index(after: colon)...]), (1...65535).contains(port) else { return nil }
            let host = String(rest[..<colon])
            guard !host.isEmpty, !host.contains("/") else { return nil }
            self.host = host
        } else {
            return nil
        }
    }

    /// A port of this machine that no other can reach.
    init(localPort port: Int) {
        description = "tcp://127.0.0.1:\(port)"
        host = "127.0.0.1"
    }

    /// Whether only this machine can reach it.
    var isLocal: Bool {
        guard let host else { return true }
        return host == "localhost" || host == "[::1]" || host == "::1" || Self.isLoopback(host)
    }

    /// Refuses what travels in clear text over a network, unless that was asked for by name.
    ///
    /// - Throws: `Refusal`.
    func require(local isRequired: Bool) throws(Refusal) {
        guard isRequired, !isLocal else { return }
        throw Refusal(
            "\(self) can be reached from other machines, and messages are not encrypted. Use tcp://127.0.0.1:PORT, or add "
                + "--insecure if everybody on that network may read and send tasks."
        )
    }

    /// 127.0.0.0/8
    private static func isLoopback(_ host: String) -> Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}

extension String {
    fileprivate func removingPrefix(_ prefix: String) -> Substring? {
        hasPrefix(prefix) ? dropFirst(prefix.count) : nil
    }
}

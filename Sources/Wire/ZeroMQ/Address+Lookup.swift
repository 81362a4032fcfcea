import Glibc

extension Address {
    /// Looks up the host of a place in the network, as connecting to it does. It blocks, for as long as a server of names does
    /// not answer.
    ///
    /// - Returns: why it cannot be resolved, in the system's words; nil when it can, or when there is nothing to look up.
    package func lookUp() -> String? {
        guard case .tcp(let host, _) = self else { return nil }
        var found: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host, nil, nil, &found)
        if let found { freeaddrinfo(found) }
        guard code != 0 else { return nil }
        return code == EAI_SYSTEM ? String(cString: strerror(errno)) : String(cString: gai_strerror(code))
    }
}

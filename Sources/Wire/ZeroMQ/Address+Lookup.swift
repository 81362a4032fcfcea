import Glibc

extension Address {
    /// Looks up the host of a place in the network, as connecting to it does: IPv6 is used only where its address is written
    /// down, in brackets. It blocks, for as long as a server of names does not answer.
    ///
    /// - Returns: why it cannot be resolved, in the system's words; nil when it can, or when there is nothing to look up.
    package func lookUp() -> String? {
        guard case .tcp(let host, _) = self else { return nil }
        let isBracketed = host.hasPrefix("[")
        var hints = addrinfo()
        hints.ai_family = isBracketed ? AF_UNSPEC : AF_INET
        var found: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(isBracketed ? String(host.dropFirst().dropLast()) : host, nil, &hints, &found)
        if let found { freeaddrinfo(found) }
        guard code != 0 else { return nil }
        return code == EAI_SYSTEM ? String(cString: strerror(errno)) : String(cString: gai_strerror(code))
    }
}

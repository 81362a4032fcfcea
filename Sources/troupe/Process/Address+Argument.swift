import Wire

/// Addresses on the command line.
extension Address {
    /// Where coordinators and workers meet unless told otherwise: a port of this machine that no other can reach.
    static let standard = Address.tcp(host: "127.0.0.1", port: 7077)

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
}

/// What a dealer needs to talk in secret.
package struct ClientKeys: Hashable, Sendable {
    /// Its own key.
    package var secret: SecretKey
    /// The key of the router that it wants to talk to, and without which nobody is taken for it.
    package var server: PublicKey

    /// A key pair of one's own, and the other's public key.
    package init(secret: SecretKey, server: PublicKey) {
        self.secret = secret
        self.server = server
    }
}

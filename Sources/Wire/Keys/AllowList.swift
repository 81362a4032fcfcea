/// Who may take part: public keys with the names under which people know them. A value: reading and watching a file is
/// for others.
package struct AllowList: Hashable, Sendable {
    /// The name of each key that may take part.
    package private(set) var names: [PublicKey: String]

    /// A list of some keys; an empty one lets nobody in.
    package init(_ names: [PublicKey: String] = [:]) { self.names = names }

    /// Whether somebody may take part.
    package func admits(_ key: PublicKey) -> Bool { names[key] != nil }
}

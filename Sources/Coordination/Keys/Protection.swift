import Wire

/// What keeps others out of the connections between a coordinator and its workers.
public enum Protection<Keys: Hashable & Sendable>: Hashable, Sendable {
    /// Nothing but that no other machine can reach them: any other address is refused.
    case thisMachine
    /// Encryption, and a list of those who may take part.
    case keys(Keys)
    /// Nothing at all, which whoever runs it wants so.
    case none

    var keys: Keys? {
        guard case .keys(let keys) = self else { return nil }
        return keys
    }

    /// Refuses to listen on, or connect to, what others can reach in clear text.
    func check(_ address: Address) throws(ClusterError) {
        guard self == .thisMachine, !address.isLocal else { return }
        throw .unprotected(address.description)
    }
}

/// What a coordinator proves itself by, and whom it lets in.
public struct CoordinatorKeys: Hashable, Sendable {
    let pair: KeyPair
    /// The file of the list of those who may take part. It is looked at all the time, so that a change counts at once.
    let list: String

    /// Reads a coordinator's secret key; the list of authorized keys lies beside it, in the file `authorized`.
    ///
    /// - Throws: `KeyError`.
    public init(file: String) throws(KeyError) {
        pair = try KeyPair(file: file)
        list = "\(KeyFile.folder(of: file))/\(KeyFolder.listName)"
    }

    /// The half of its key that workers must know, as 64 hexadecimal digits.
    public var publicKey: String { pair.secret.publicKey.description }

    /// How many keys may take part as it stands; 0 when there is no list yet.
    ///
    /// - Throws: `KeyError` when the list is damaged, or open to others.
    public func countAuthorized() throws(KeyError) -> Int {
        try KeyFolder(KeyFile.folder(of: list)).authorized().count
    }
}

/// What a worker proves itself by, and the one coordinator that it works for.
public struct WorkerKeys: Hashable, Sendable {
    let pair: KeyPair
    let coordinator: PublicKey

    /// Reads a worker's secret key, and the coordinator's public key.
    ///
    /// - Parameters:
    ///   - file: The file of the secret key.
    ///   - coordinator: The file of the coordinator's public key; nil for `coordinator.public` beside the first.
    /// - Throws: `KeyError`.
    public init(file: String, coordinator: String? = nil) throws(KeyError) {
        pair = try KeyPair(file: file)
        let file = coordinator ?? "\(KeyFile.folder(of: file))/coordinator.public"
        self.coordinator = try KeyFolder.publicKey(in: file, hint: Self.hint).key
    }

    private static let hint = "Copy it there from the coordinator's machine, where `troupe keys generate` made it."

    var client: ClientKeys { ClientKeys(secret: pair.secret, server: coordinator) }
}

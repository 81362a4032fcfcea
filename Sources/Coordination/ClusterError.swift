import Wire

/// Why a cluster cannot be formed.
public enum ClusterError: Error, Hashable, Sendable, CustomStringConvertible {
    /// An address cannot be used, or the system has no room for sockets and threads.
    case endpoint(String)
    /// The coordinator does not want this worker.
    case refused(String)
    /// The address can be reached from other machines, and there are no keys.
    case unprotected(String)
    /// The two sides' keys do not fit.
    case rejected(String)

    /// What is wrong and what to do.
    public var description: String {
        switch self {
        case .endpoint(let sentence): sentence
        case .unprotected(let address):
            "\(address) can be reached from other machines, and there are no keys to encrypt messages and to know who comes. "
                + "Use keys, or an address of this machine, or say that no protection is wanted."
        case .rejected(let sentence): sentence
        case .refused(let sentence): "The coordinator does not take this worker: \(sentence)"
        }
    }

    /// Says what the wire says, without naming it.
    static func wrapping<Result>(_ body: () throws(SocketError) -> Result) throws(ClusterError) -> Result {
        do throws(SocketError) {
            return try body()
        } catch {
            throw .endpoint(error.description)
        }
    }
}

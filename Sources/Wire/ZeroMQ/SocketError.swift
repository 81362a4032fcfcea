import CZeroMQ
import Glibc

/// What can go wrong with a socket.
package enum SocketError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Text that is no address.
    case badAddress(String, String)
    /// Another process, or another endpoint of this one, listens there.
    case addressInUse(Address)
    /// This machine has no such interface.
    case addressUnavailable(Address)
    /// The system does not let this user listen there.
    case notPermitted(Address)
    /// There is a file at a socket's path that is no socket, or the folder does not exist.
    case badPath(Address, String)
    /// An address to connect to that leaves something open.
    case incomplete(Address)
    /// No more files or sockets can be opened.
    case exhausted(String)
    /// The installed ZeroMQ has known security holes.
    case libraryTooOld(String)
    /// The installed ZeroMQ cannot encrypt.
    case noCurve
    /// A call of the library failed in a way that is not foreseen.
    case failed(String, Int32)

    /// One or two sentences: what, where and what to do.
    package var description: String {
        switch self {
        case .badAddress(let text, let reason):
            "'\(text)' is no address: \(reason). Write tcp://host:port, ipc:///path or inproc://name."
        case .addressInUse(.inproc(let name)): "Cannot listen on inproc://\(name): another endpoint already does."
        case .addressInUse(.ipc(let path)):
            "Cannot listen on ipc://\(path): another process already does. Stop it, or choose another path with `--bind`."
        case .addressInUse(let address):
            "Cannot listen on \(address): another process already does. Stop it, or choose another port with `--bind`."
        case .addressUnavailable(let address):
            "Cannot listen on \(address): this machine has no such address. "
                + "Use 127.0.0.1 for this machine only, 0.0.0.0 for all its interfaces, or the address of one of them."
        case .notPermitted(let address):
            "Cannot listen on \(address): permission denied. Choose a port above 1023, or a folder that you may write to."
        case .badPath(let address, let reason): "Cannot listen on \(address): \(reason)."
        case .incomplete(let address): "Cannot connect to \(address): name one host and one port."
        case .exhausted(let operation):
            "\(operation): too many open files or sockets. Raise the limit with `ulimit -n`, or use fewer workers."
        case .libraryTooOld(let version):
            "The installed ZeroMQ \(version) has known security holes. Install libzmq 4.3.3 or newer."
        case .noCurve:
            "The installed ZeroMQ was built without CURVE, so there are no keys. Install a libzmq that has it, such as Debian's."
        case .failed(let operation, let code): "\(operation): \(String(cString: zmq_strerror(code)))."
        }
    }

    /// The error that the library has just reported.
    static func last(_ operation: String) -> SocketError {
        let code = zmq_errno()
        return code == EMFILE || code == ENFILE ? .exhausted(operation) : .failed(operation, code)
    }
}

/// Calls until a signal does not interrupt.
///
/// - Returns: what the call returned; -1 stands for every error but an interruption.
func uninterrupted(_ call: () -> Int32) -> Int32 {
    while true {
        let result = call()
        if result != -1 || zmq_errno() != EINTR { return result }
    }
}

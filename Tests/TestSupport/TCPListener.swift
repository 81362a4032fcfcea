import Foundation
import Glibc

/// A port of this machine, and what is done with those who call. Its thread ends with it.
public final class TCPListener: Sendable {
    private let descriptor: Int32

    /// Where it listens, on `127.0.0.1`.
    public let port: UInt16

    /// Listens at a free port.
    ///
    /// - Parameter answer: Called on a thread of the listener with the descriptor of each caller, which it closes.
    /// - Throws: `POSIXError`.
    public init(_ answer: @escaping @Sendable (Int32) -> Void) throws {
        descriptor = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var name = Self.name(port: 0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let isBound = withUnsafeMutablePointer(to: &name) { name in
            name.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                bind(descriptor, name, size) == 0 && listen(descriptor, 64) == 0
                    && getsockname(descriptor, name, &size) == 0
            }
        }
        guard isBound else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
        port = UInt16(bigEndian: name.sin_port)
        Thread.detachNewThread {
            while true {
                let caller = accept(descriptor, nil, nil)
                guard caller >= 0 else { break }
                answer(caller)
            }
            close(descriptor)
        }
    }

    deinit { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// A port of this machine, for the system.
    static func name(port: UInt16) -> sockaddr_in {
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = port.bigEndian
        name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return name
    }
}

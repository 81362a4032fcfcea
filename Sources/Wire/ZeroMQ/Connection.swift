import Glibc

/// A network connection that the library made, as the system knows it. The library closes its descriptor whenever it
/// likes, and the system gives it to another; the number of the inode tells the two apart.
struct Connection: Hashable {
    /// The library's descriptor.
    let descriptor: Int32
    private let inode: ino_t
    /// As `192.0.2.7:40321`, or nil when the system does not tell, as of this machine's socket files.
    let address: String?

    /// What the descriptor is at this moment; nil when it is no connection any more.
    init?(descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return nil }
        self.descriptor = descriptor
        inode = status.st_ino
        address = Self.address(of: descriptor)
    }

    /// Ends it, whoever is at the other end; the library notices at once. Does nothing when it has ended.
    func cut() {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK, status.st_ino == inode else {
            return
        }
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    private static func address(of descriptor: Int32) -> String? {
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        var port = [CChar](repeating: 0, count: Int(NI_MAXSERV))
        let isKnown = withUnsafeMutablePointer(to: &storage) { storage in
            storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                getpeername(descriptor, name, &size) == 0 && Int32(name.pointee.sa_family) != AF_UNIX
                    && getnameinfo(
                        name,
                        size,
                        &host,
                        socklen_t(host.count),
                        &port,
                        socklen_t(port.count),
                        NI_NUMERICHOST | NI_NUMERICSERV
                    ) == 0
            }
        }
        guard isKnown else { return nil }
        func text(_ characters: [CChar]) -> String {
            String(decoding: characters.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        }
        let name = text(host)
        return name.contains(":") ? "[\(name)]:\(text(port))" : "\(name):\(text(port))"
    }
}

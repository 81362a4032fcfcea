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
    func cut() { if isThere { shutdown(descriptor, Int32(SHUT_RDWR)) } }

    /// Tears it down: over TCP the other side is told that it was reset, not that it ended. Both sides lose what is under way.
    func reset() {
        guard isThere else { return }
        var nobody = sockaddr()
        nobody.sa_family = sa_family_t(AF_UNSPEC)
        // Only TCP knows this.
        if connect(descriptor, &nobody, socklen_t(MemoryLayout<sockaddr>.size)) != 0 { cut() }
    }

    /// When it is closed, over TCP the other side is told at once that it was reset, whatever was sent before and is not
    /// acknowledged.
    func resetAtClose() {
        guard isThere else { return }
        var atOnce = linger(l_onoff: 1, l_linger: 0)
        // A connection that is over already needs none.
        _ = setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &atOnce, socklen_t(MemoryLayout<linger>.size))
    }

    private var isThere: Bool {
        var status = stat()
        return fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFSOCK && status.st_ino == inode
    }

    /// Bytes that the library has taken out of it since it began; nil when the system does not tell, as of socket files, or it
    /// is over.
    var takenByteCount: Int? {
        guard let received = information(at: Self.receivedOffset, as: UInt64.self) else { return nil }
        var waiting: Int32 = 0
        guard ioctl(descriptor, UInt(FIONREAD), &waiting) == 0 else { return nil }
        return max(Int(clamping: received) - Int(waiting), 0)
    }

    /// After how long without an answer the system sends something again for the first time, by the round trips that it has
    /// measured (RFC 6298, with the system's floor of 0.2 s for the variation); nil when it does not tell, as of socket files,
    /// or it is over.
    var resendPause: Duration? {
        guard let roundTrip = information(at: Self.roundTripOffset, as: UInt32.self),
            let variation = information(at: Self.variationOffset, as: UInt32.self),
            let present = information(at: Self.pauseOffset, as: UInt32.self)
        else { return nil }
        // Before anything was answered there is a first guess.
        guard roundTrip > 0 else { return .microseconds(Int(present)) }
        return .microseconds(Int(roundTrip) + max(4 * Int(variation), 200_000))
    }

    /// Where `tcpi_rto`, `tcpi_rtt`, `tcpi_rttvar` and `tcpi_bytes_received` are in `tcp_info` of `linux/tcp.h`; the C
    /// library's own header does not know the last one.
    private static let (pauseOffset, roundTripOffset, variationOffset, receivedOffset) = (8, 68, 72, 128)

    /// A field of what the system knows of the connection.
    private func information<Field: FixedWidthInteger>(at offset: Int, as field: Field.Type) -> Field? {
        var info = [UInt8](repeating: 0, count: 256)
        var size = socklen_t(info.count)
        guard isThere, getsockopt(descriptor, Int32(IPPROTO_TCP), TCP_INFO, &info, &size) == 0,
            Int(size) >= offset + MemoryLayout<Field>.size
        else { return nil }
        return info.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: field) }
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

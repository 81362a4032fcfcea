import Dispatch
import Glibc

@testable import Wire

/// A TCP connection without ZeroMQ, for bytes that no library would send.
final class Stranger: Sendable {
    private let descriptor: Int32

    /// What went wrong, as the system says it.
    struct Failure: Error {
        let call: String
        let code: Int32
    }

    /// Connects to this machine; the address is that of a router.
    init(to address: Address) throws { descriptor = try Self.connect(to: address) }

    /// A descriptor that is connected to a place of this machine.
    static func connect(to address: Address) throws -> Int32 {
        guard case .tcp(_, let port?) = address else { throw Failure(call: "address", code: 0) }
        let descriptor = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(call: "socket", code: errno) }
        // Nothing here waits longer than this.
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &patience, socklen_t(MemoryLayout<timeval>.size))
        }
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = port.bigEndian
        name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &name) { name in
            name.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                Glibc.connect(descriptor, name, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            defer { close(descriptor) }
            throw Failure(call: "connect", code: errno)
        }
        return descriptor
    }

    deinit { close(descriptor) }

    /// Sends all bytes, or as many as the other side takes before it closes the connection.
    ///
    /// - Returns: whether all were taken.
    @discardableResult
    func send(_ bytes: some Sequence<UInt8>) async -> Bool {
        let bytes = Array(bytes)
        return await elsewhere { descriptor in
            var start = 0
            while start < bytes.count {
                let count = bytes[start...].withUnsafeBytes {
                    Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                guard count > 0 else { return false }
                start += count
            }
            return true
        }
    }

    /// Ends the connection as a crash does: what was not delivered is gone.
    func breakOff() {
        var lingering = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &lingering, socklen_t(MemoryLayout<linger>.size))
        var nobody = sockaddr()
        nobody.sa_family = sa_family_t(AF_UNSPEC)
        // The descriptor stays, and with it its number; the connection is reset.
        _ = Glibc.connect(descriptor, &nobody, socklen_t(MemoryLayout<sockaddr>.size))
    }

    /// Says that nothing more will be sent.
    func endSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Reads so many bytes, fewer when the connection ends.
    func read(_ count: Int) async -> [UInt8] {
        await elsewhere { descriptor in
            var bytes = [UInt8](repeating: 0, count: count)
            var filled = 0
            while filled < count {
                let more = bytes[filled...].withUnsafeMutableBytes {
                    Glibc.recv(descriptor, $0.baseAddress, $0.count, 0)
                }
                guard more > 0 else { break }
                filled += more
            }
            return Array(bytes[..<filled])
        }
    }

    /// Reads until the other side closes the connection.
    ///
    /// - Returns: whether it did.
    func readToEnd() async -> Bool {
        await elsewhere { descriptor in
            var bytes = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = recv(descriptor, &bytes, bytes.count, 0)
                if count > 0 { continue }
                return count == 0 || errno == ECONNRESET
            }
        }
    }

    /// Reads until the connection is over.
    ///
    /// - Returns: whether the other side has torn it down instead of closing it.
    func isReset() async -> Bool {
        await elsewhere { descriptor in
            var bytes = [UInt8](repeating: 0, count: 65_536)
            while true {
                let count = recv(descriptor, &bytes, bytes.count, 0)
                if count <= 0 { return count < 0 && errno == ECONNRESET }
            }
        }
    }

    /// Calls that may wait are not for the threads on which tests run.
    private func elsewhere<Result: Sendable>(_ body: @escaping @Sendable (Int32) -> Result) async -> Result {
        let descriptor = descriptor
        return await withCheckedContinuation { continuation in
            DispatchQueue.global().async { [self] in
                continuation.resume(returning: withExtendedLifetime(self) { body(descriptor) })
            }
        }
    }

    /// Introduces itself as a dealer, and waits until the other side has done so too: no message may come before.
    ///
    /// - Returns: whether it did.
    func enter(routingID: [UInt8] = []) async -> Bool {
        guard await send(Self.greeting + Self.ready(routingID: routingID)) else { return false }
        // The greeting, and the head of a short command.
        let head = await read(Self.greeting.count + 2)
        guard head.count == Self.greeting.count + 2, head[Self.greeting.count] == 4 else { return false }
        let count = Int(head[Self.greeting.count + 1])
        return await read(count).count == count
    }

    // MARK: ZMTP 3.0, as https://rfc.zeromq.org/spec/23 tells it

    /// How a connection begins.
    static let greeting: [UInt8] =
        [0xFF] + [UInt8](repeating: 0, count: 8) + [0x7F, 3, 0] + Array("NULL".utf8) + [UInt8](repeating: 0, count: 48)

    /// What follows the greeting: what kind of socket this is, and the routing id that it asks for.
    static func ready(_ kind: String = "DEALER", routingID: [UInt8] = []) -> [UInt8] {
        func property(_ name: String, _ value: [UInt8]) -> [UInt8] {
            [UInt8(name.utf8.count)] + Array(name.utf8) + [0, 0, 0, UInt8(value.count)] + value
        }
        let body =
            [5] + Array("READY".utf8) + property("Socket-Type", Array(kind.utf8)) + property("Identity", routingID)
        return [4, UInt8(body.count)] + body
    }

    /// One frame of a message.
    static func frame(_ content: [UInt8], more: Bool = false) -> [UInt8] {
        header(UInt64(content.count), more: more) + content
    }

    /// What announces a frame of so many bytes.
    static func header(_ byteCount: UInt64, more: Bool = false) -> [UInt8] {
        let flag: UInt8 = more ? 1 : 0
        if byteCount < 256 { return [flag, UInt8(byteCount)] }
        return [flag | 2] + (0..<8).map { UInt8(truncatingIfNeeded: byteCount >> (56 - 8 * $0)) }
    }
}

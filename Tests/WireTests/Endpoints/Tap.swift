import Dispatch
import Glibc
import Synchronization

@testable import Wire

/// A place between a dealer and a router that passes on what the two say, and keeps what the dealer has said.
final class Tap: Sendable {
    private let listener: Int32
    private let target: Address
    private let heard = Mutex<[UInt8]>([])
    private let open = Mutex<[Int32]>([])
    let address: Address

    /// Listens for one connection, which it passes on to a router.
    init(to target: Address) throws {
        self.target = target
        listener = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let isBound = withUnsafeMutablePointer(to: &name) { name in
            name.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                bind(listener, name, size) == 0 && listen(listener, 8) == 0 && getsockname(listener, name, &size) == 0
            }
        }
        guard isBound else { throw Stranger.Failure(call: "bind", code: errno) }
        address = .tcp(host: "127.0.0.1", port: UInt16(bigEndian: name.sin_port))
        DispatchQueue.global().async { [self] in serve() }
    }

    deinit { close(listener) }

    /// What the dealer has said so far.
    var recording: [UInt8] { heard.withLock { $0 } }

    /// Ends the connection on both sides.
    func end() {
        shutdown(listener, Int32(SHUT_RDWR))
        open.withLock { for descriptor in $0 { shutdown(descriptor, Int32(SHUT_RDWR)) } }
    }

    private func serve() {
        let caller = accept(listener, nil, nil)
        guard caller >= 0, let called = try? Stranger.connect(to: target) else { return }
        open.withLock { $0 = [caller, called] }
        let group = DispatchGroup()
        DispatchQueue.global().async(group: group) { [self] in
            Self.pass(caller, called) { bytes in heard.withLock { $0 += bytes } }
        }
        DispatchQueue.global().async(group: group) { Self.pass(called, caller) { _ in } }
        group.notify(queue: .global()) {
            self.open.withLock { $0 = [] }
            close(caller)
            close(called)
        }
    }

    private static func pass(_ source: Int32, _ target: Int32, _ note: ([UInt8]) -> Void) {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(source, &bytes, bytes.count, 0)
            guard count > 0 else { break }
            note(Array(bytes.prefix(count)))
            guard send(target, Array(bytes.prefix(count)), count, Int32(MSG_NOSIGNAL)) == count else { break }
        }
        shutdown(target, Int32(SHUT_RDWR))
    }
}

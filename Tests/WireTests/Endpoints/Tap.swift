import Dispatch
import Glibc
import Synchronization
import TestSupport

@testable import Wire

/// A place between a dealer and a router that passes on what the two say, and keeps what the dealer has said.
final class Tap: Sendable {
    private let listener: TCPListener
    private let line = Line()

    /// Where it listens.
    var address: Address { .tcp(host: "127.0.0.1", port: listener.port) }

    /// Listens for a connection, which it passes on to a router.
    init(to target: Address) throws {
        let line = line
        listener = try TCPListener { caller in line.pass(caller, to: target) }
    }

    /// What the dealer has said so far.
    var recording: [UInt8] { line.heard.withLock { $0 } }

    /// Whether the dealer has torn its connection down, rather than ended it; nil while neither is so.
    var isTornDown: Bool? { line.isTornDown.withLock { $0 } }

    /// Ends the connection on both sides.
    func end() { line.open.withLock { for descriptor in $0 { shutdown(descriptor, Int32(SHUT_RDWR)) } } }

    /// The connection.
    private final class Line: Sendable {
        let heard = Mutex<[UInt8]>([])
        let isTornDown = Mutex<Bool?>(nil)
        let open = Mutex<[Int32]>([])

        func pass(_ caller: Int32, to target: Address) {
            guard let called = try? Stranger.connect(to: target) else {
                close(caller)
                return
            }
            open.withLock { $0 = [caller, called] }
            let group = DispatchGroup()
            DispatchQueue.global().async(group: group) { [self] in
                let code = Self.pass(caller, called) { bytes in heard.withLock { $0 += bytes } }
                isTornDown.withLock { $0 = code == ECONNRESET }
            }
            DispatchQueue.global().async(group: group) { Self.pass(called, caller) { _ in } }
            group.notify(queue: .global()) {
                self.open.withLock { $0 = [] }
                close(caller)
                close(called)
            }
        }

        /// - Returns: why no more came; 0 if there was no error.
        @discardableResult
        private static func pass(_ source: Int32, _ target: Int32, _ note: ([UInt8]) -> Void) -> Int32 {
            var bytes = [UInt8](repeating: 0, count: 65_536)
            var code: Int32 = 0
            while true {
                let count = recv(source, &bytes, bytes.count, 0)
                code = count < 0 ? errno : 0
                guard count > 0 else { break }
                note(Array(bytes.prefix(count)))
                guard send(target, Array(bytes.prefix(count)), count, Int32(MSG_NOSIGNAL)) == count else { break }
            }
            shutdown(target, Int32(SHUT_RDWR))
            return code
        }
    }
}

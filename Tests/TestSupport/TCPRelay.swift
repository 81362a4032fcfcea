import Foundation
import Glibc
import Synchronization

/// A place on this machine that passes connections on to another one, and counts what comes back.
///
/// Its threads end with the connections, and with it.
public final class TCPRelay: Sendable {
    private let listener: TCPListener
    private let passed: Passed

    /// Where it listens, on `127.0.0.1`.
    public var port: UInt16 { listener.port }

    /// Passes on to a port of this machine.
    ///
    /// - Parameters:
    ///   - target: The port.
    ///   - rate: How many bytes a second come back over each connection at most.
    /// - Throws: `POSIXError`.
    public init(to target: UInt16, rate: Int = .max) throws {
        let passed = Passed()
        self.passed = passed
        listener = try TCPListener { caller in Self.connect(caller, to: target, rate: rate, passed) }
    }

    /// Bytes that have come back, over all connections.
    public var byteCount: Int { passed.count.load(ordering: .relaxed) }

    private final class Passed: Sendable { let count = Atomic<Int>(0) }

    private static func connect(_ caller: Int32, to target: UInt16, rate: Int, _ passed: Passed) {
        let called = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var name = TCPListener.name(port: target)
        let isConnected = withUnsafePointer(to: &name) { name in
            name.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                Glibc.connect(called, name, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isConnected else {
            close(called)
            close(caller)
            return
        }
        // Both directions must be over before a descriptor may be used again.
        let ends = Ends(caller: caller, called: called)
        Thread.detachNewThread {
            pass(from: ends.caller, to: ends.called) { _ in }
            withExtendedLifetime(ends) {}
        }
        Thread.detachNewThread {
            pass(from: ends.called, to: ends.caller) { count in
                passed.count.add(count, ordering: .relaxed)
                if rate < .max { usleep(useconds_t(count * 1_000_000 / rate)) }
            }
            withExtendedLifetime(ends) {}
        }
    }

    private final class Ends: Sendable {
        let caller: Int32
        let called: Int32

        init(caller: Int32, called: Int32) {
            self.caller = caller
            self.called = called
        }

        deinit {
            close(caller)
            close(called)
        }
    }

    private static func pass(from source: Int32, to target: Int32, _ note: (Int) -> Void) {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(source, &bytes, bytes.count, 0)
            guard count > 0 else { break }
            note(count)
            var sent = 0
            while sent < count {
                let next = send(target, Array(bytes[sent..<count]), count - sent, Int32(MSG_NOSIGNAL))
                guard next > 0 else { break }
                sent += next
            }
            guard sent == count else { break }
        }
        shutdown(target, Int32(SHUT_RDWR))
        shutdown(source, Int32(SHUT_RDWR))
    }
}

import Foundation
import Glibc
import Synchronization

/// A place on this machine that passes connections on to another one, and counts what comes back.
///
/// Its threads end with the connections, and with it.
public final class TCPRelay: Sendable {
    private let listener: Int32
    private let target: UInt16
    private let rate: Int
    private let passed = Atomic<Int>(0)

    /// Where it listens, on `127.0.0.1`.
    public let port: UInt16

    /// Passes on to a port of this machine.
    ///
    /// - Parameters:
    ///   - target: The port.
    ///   - rate: How many bytes a second come back over each connection at most.
    /// - Throws: `POSIXError`.
    public init(to target: UInt16, rate: Int = .max) throws {
        self.target = target
        self.rate = rate
        listener = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var name = Self.name(port: 0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let isBound = withUnsafeMutablePointer(to: &name) { name in
            name.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                bind(listener, name, size) == 0 && listen(listener, 64) == 0 && getsockname(listener, name, &size) == 0
            }
        }
        guard isBound else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
        port = UInt16(bigEndian: name.sin_port)
        Thread.detachNewThread { [weak self] in
            while true {
                let caller = accept(listener, nil, nil)
                guard caller >= 0 else { break }
                self?.connect(caller)
            }
            close(listener)
        }
    }

    deinit { shutdown(listener, Int32(SHUT_RDWR)) }

    /// Bytes that have come back, over all connections.
    public var byteCount: Int { passed.load(ordering: .relaxed) }

    private static func name(port: UInt16) -> sockaddr_in {
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = port.bigEndian
        name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return name
    }

    private func connect(_ caller: Int32) {
        let called = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var name = Self.name(port: target)
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
            Self.pass(from: ends.caller, to: ends.called) { _ in }
            withExtendedLifetime(ends) {}
        }
        Thread.detachNewThread { [weak self] in
            Self.pass(from: ends.called, to: ends.caller) { count in
                guard let self else { return }
                self.passed.add(count, ordering: .relaxed)
                if self.rate < .max { usleep(useconds_t(count * 1_000_000 / self.rate)) }
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

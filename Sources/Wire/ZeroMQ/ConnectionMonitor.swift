import CZeroMQ
import Glibc
import Synchronization

/// Tells what becomes of a socket's connections over `ipc://` and `tcp://`; `inproc://` has none.
struct ConnectionMonitor: ~Copyable {
    /// Something that happened to a connection.
    enum Event {
        /// A peer came, through a descriptor that nothing else uses until it ended. Only listeners tell.
        case accepted(descriptor: Int32)
        /// A listener was reached, through a descriptor that nothing else uses until it ended. Only those that connect tell.
        case reached(descriptor: Int32)
        /// A peer can be talked to.
        case established
        /// A connection ended; its descriptor is free to be used by another.
        case ended(descriptor: Int32)
        /// The two sides do not come together. The end of the connection is told next.
        case failed(Fault)
    }

    /// Why two sides do not come together.
    enum Fault: Hashable {
        /// The other side does not speak ZeroMQ, or breaks its rules.
        case protocolBroken
        /// One side has keys and the other has none.
        case mechanism
        /// What the other side says was not encrypted for this key.
        case cryptography
        /// The listener does not let this key in.
        case notAdmitted
        /// The other side has closed the connection in the middle of it.
        case closed
        /// The other side has torn the connection down in the middle of it.
        case reset
        /// The connection ended in the middle of it, by time or by the network.
        case brokenOff
    }

    private static let counter = Atomic<Int>(0)
    private static let events =
        ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_CONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED
        | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH

    private let pair: Socket

    /// The library's handle of the pipe through which events come, for polling.
    var handle: UnsafeMutableRawPointer { pair.handle }

    init(of socket: borrowing Socket, in transport: Transport) throws(SocketError) {
        let number = Self.counter.add(1, ordering: .relaxed).newValue
        let name = "troupe-monitor-\(number)"
        guard zmq_socket_monitor(socket.handle, "inproc://\(name)", Self.events) == 0 else {
            throw .last("Cannot watch a socket's connections")
        }
        let pair = try Socket.open(.pair, in: transport)
        try pair.connect(to: .inproc(name))
        self.pair = pair
    }

    /// Ends the events of a socket that is about to be closed.
    func stop(_ socket: borrowing Socket) { zmq_socket_monitor(socket.handle, nil, 0) }

    /// The next event, or nil when there is none yet.
    func next() throws(SocketError) -> Event? {
        while true {
            let first = MessageCell()
            guard try pair.receive(into: first) else { return nil }
            let second = MessageCell()
            guard first.hasMore, try pair.receive(into: second), first.bytes.count >= 6 else { return nil }
            let number = Int32(first.bytes.loadUnaligned(as: UInt16.self))
            let value = first.bytes.loadUnaligned(fromByteOffset: 2, as: Int32.self)
            switch number {
            case ZMQ_EVENT_ACCEPTED: return .accepted(descriptor: value)
            case ZMQ_EVENT_CONNECTED: return .reached(descriptor: value)
            case ZMQ_EVENT_HANDSHAKE_SUCCEEDED: return .established
            case ZMQ_EVENT_DISCONNECTED: return .ended(descriptor: value)
            case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL: return .failed(Self.fault(value))
            case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH: return .failed(.notAdmitted)
            case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
                return .failed(value == EPIPE ? .closed : value == ECONNRESET ? .reset : .brokenOff)
            default: continue
            }
        }
    }

    private static func fault(_ code: Int32) -> Fault {
        switch code {
        case Int32(ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH): .mechanism
        case Int32(ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC), Int32(ZMQ_PROTOCOL_ERROR_ZMTP_KEY_EXCHANGE): .cryptography
        default: .protocolBroken
        }
    }
}

import CZeroMQ
import Testing

@testable import Wire

/// A ZeroMQ socket through which a test says what it likes, whether it is a message or not.
actor RawPeer {
    nonisolated let loop: Loop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    /// Whole messages as they come, the parts of each.
    nonisolated let messages: AsyncStream<[[UInt8]]>
    private let source: AsyncStream<[[UInt8]]>.Continuation
    private var socket: Socket?

    init(
        _ kind: Socket.Kind = .dealer,
        in transport: Transport,
        settings: SocketSettings = SocketSettings(),
        routingID: [UInt8] = []
    ) throws {
        loop = try Loop(name: "raw")
        (messages, source) = AsyncStream.makeStream(of: [[UInt8]].self)
        let socket = try Socket.open(kind, in: transport, settings)
        if case .dealer = kind { try socket.set(ZMQ_IMMEDIATE, 0 as Int32) }
        if !routingID.isEmpty {
            #expect(zmq_setsockopt(socket.handle, ZMQ_ROUTING_ID, routingID, routingID.count) == 0)
        }
        self.socket = consume socket
    }

    /// Connects; what is sent before the connection stands waits for it.
    func connect(to address: Address) throws { try socket?.connect(to: address) }

    func bind(to address: Address) throws -> Address? { try socket?.bind(to: address) }

    /// Reads from now on. A peer that is never told to is a slow reader.
    func listen() {
        guard let socket = socket.take() else { return }
        loop.watch(socket.handle, sends: true) { [self] in pump() }
        self.socket = consume socket
    }

    /// Sends one message of some parts.
    @discardableResult
    func send(_ parts: [[UInt8]]) throws -> Bool {
        for (index, part) in parts.enumerated() {
            let cell = MessageCell.holding(Frame(part))
            guard try socket?.send(cell, more: index + 1 < parts.count) == .sent else { return false }
        }
        return true
    }

    /// Closes the socket once everything is sent.
    func close() {
        guard let socket = socket.take() else { return }
        loop.unwatch(socket.handle)
        source.finish()
    }

    private func pump() -> Bool {
        do {
            while true {
                var parts: [[UInt8]] = []
                var hasMore = true
                while hasMore {
                    let cell = MessageCell()
                    guard try socket?.receive(into: cell) == true else { return false }
                    parts.append(Array(cell.bytes))
                    hasMore = cell.hasMore
                }
                source.yield(parts)
            }
        } catch {
            Issue.record(error)
            return false
        }
    }
}

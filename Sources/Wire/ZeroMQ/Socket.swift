import CZeroMQ
import Glibc

/// A ZeroMQ socket. Only one thread at a time may use it, and it is closed when its owner lets go of it.
struct Socket: ~Copyable {
    /// What a socket is for.
    enum Kind {
        /// Listens, and addresses each peer by a routing id. A peer that is gone is an error, not a loss.
        case router
        /// Connects to one router, and buffers only for a connection that exists.
        case dealer
        /// One end of a pipe inside the process.
        case pair
        /// Answers one question after the other inside the process.
        case reply
    }

    /// What became of a part that was to be sent.
    enum Outcome {
        case sent
        /// The peer's buffer is full.
        case full
        /// There is no such peer.
        case unreachable
    }

    let handle: UnsafeMutableRawPointer
    private let transport: Transport

    private init(handle: UnsafeMutableRawPointer, transport: Transport) {
        self.handle = handle
        self.transport = transport
    }

    static func open(
        _ kind: Kind,
        in transport: Transport,
        _ settings: SocketSettings = SocketSettings()
    ) throws(SocketError) -> Socket {
        let type =
            switch kind {
            case .router: ZMQ_ROUTER
            case .dealer: ZMQ_DEALER
            case .pair: ZMQ_PAIR
            case .reply: ZMQ_REP
            }
        guard let handle = zmq_socket(transport.handle, type) else { throw .last("Cannot open a socket") }
        let socket = Socket(handle: handle, transport: transport)
        try settings.apply(to: socket)
        switch kind {
        case .router:
            try socket.set(ZMQ_ROUTER_MANDATORY, 1 as Int32)
            try socket.set(ZMQ_ROUTER_HANDOVER, 0 as Int32)
            // The library aborts the process when it probes a connection that broke while its messages found no room,
            // and has found none since. Anybody could do that to a router that is busy. So only dealers probe, and say how
            // long a router shall wait for the next probe.
            try socket.set(ZMQ_HEARTBEAT_IVL, 0 as Int32)
        case .dealer: try socket.set(ZMQ_IMMEDIATE, 1 as Int32)
        case .pair:
            // Whoever watches a socket must never make the library's thread wait, and with it every connection.
            try socket.set(ZMQ_SNDHWM, 0 as Int32)
            try socket.set(ZMQ_RCVHWM, 0 as Int32)
        case .reply: break
        }
        return socket
    }

    deinit { zmq_close(handle) }

    func set(_ option: Int32, _ value: Int32) throws(SocketError) {
        var value = value
        let result = zmq_setsockopt(handle, option, &value, MemoryLayout<Int32>.size)
        guard result == 0 else { throw .last("Cannot set socket option \(option)") }
    }

    func set(_ option: Int32, _ value: Int64) throws(SocketError) {
        var value = value
        let result = zmq_setsockopt(handle, option, &value, MemoryLayout<Int64>.size)
        guard result == 0 else { throw .last("Cannot set socket option \(option)") }
    }

    private func set(_ option: Int32, _ value: [UInt8]) throws(SocketError) {
        guard value.withUnsafeBytes({ zmq_setsockopt(handle, option, $0.baseAddress, $0.count) }) == 0 else {
            throw .last("Cannot set socket option \(option)")
        }
    }

    private func set(_ option: Int32, _ key: SecretKey) throws(SocketError) {
        guard key.withBytes({ zmq_setsockopt(handle, option, $0.baseAddress, $0.count) }) == 0 else {
            throw .last("Cannot use a key")
        }
    }

    /// Encrypts, and lets nobody in whom no `Doorkeeper` admits. Before it is bound.
    func serve(with key: SecretKey) throws(SocketError) {
        try Transport.checkCurve()
        try set(ZMQ_CURVE_SERVER, 1 as Int32)
        try set(ZMQ_CURVE_SECRETKEY, key)
        try set(ZMQ_ZAP_DOMAIN, Array(AdmissionRequest.domain.utf8))
        // Without it everybody came in while there is no doorkeeper.
        try set(ZMQ_ZAP_ENFORCE_DOMAIN, 1 as Int32)
    }

    /// Encrypts, and talks to nobody but the owner of a key. Before it is connected.
    func call(_ server: PublicKey, with key: SecretKey) throws(SocketError) {
        try Transport.checkCurve()
        try set(ZMQ_CURVE_SERVERKEY, server.bytes)
        try set(ZMQ_CURVE_PUBLICKEY, key.publicKey.bytes)
        try set(ZMQ_CURVE_SECRETKEY, key)
    }

    /// What was handed to it is not sent any more once it is closed, and its connections end at once.
    func discardAtClose() {
        // Cannot fail: the socket is open.
        try? set(ZMQ_LINGER, 0 as Int32)
    }

    /// Sets an option that counts milliseconds.
    func set(_ option: Int32, _ value: Duration) throws(SocketError) {
        try set(option, Int32(clamping: Int(value / .milliseconds(1))))
    }

    /// Listens.
    ///
    /// - Returns: the address with everything that the system chose.
    func bind(to address: Address) throws(SocketError) -> Address {
        // The library would choose a place in the working folder.
        if case .ipc("*") = address { return try bind(to: .ipc(Self.freePath())) }
        if case .ipc(let path) = address { try Self.checkFree(path, address) }
        try allowIPv6(for: address)
        guard bindPrivately(to: address) == 0 else {
            switch zmq_errno() {
            case EADDRINUSE: throw .addressInUse(address)
            case EADDRNOTAVAIL, ENODEV: throw .addressUnavailable(address)
            case EACCES, EPERM: throw .notPermitted(address)
            case ENOENT, ENOTDIR: throw .badPath(address, "its folder does not exist")
            default: throw .last("Cannot listen on \(address)")
            }
        }
        guard address.isOpen else { return address }
        var text = [CChar](repeating: 0, count: 512)
        var size = text.count
        guard zmq_getsockopt(handle, ZMQ_LAST_ENDPOINT, &text, &size) == 0 else {
            throw .last("Cannot tell the port of \(address)")
        }
        let characters = text.prefix(size).prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
        return try Address(String(decoding: characters, as: UTF8.self))
    }

    /// Whoever may write to a socket file may connect to it, so that is this user alone (0700), from the first moment. It is all
    /// that protects from messages without an end: the system does not tell how much came through such a socket.
    private func bindPrivately(to address: Address) -> Int32 {
        guard case .ipc = address else { return uninterrupted { zmq_bind(handle, address.description) } }
        // The library makes the file in this call. What other threads make meanwhile is no more open than they wanted.
        let before = umask(0o077)
        defer { umask(before) }
        return uninterrupted { zmq_bind(handle, address.description) }
    }

    /// Connects, and keeps reconnecting, in the background.
    func connect(to address: Address) throws(SocketError) {
        guard !address.isOpen else { throw .incomplete(address) }
        try allowIPv6(for: address)
        guard uninterrupted({ zmq_connect(handle, address.description) }) == 0 else {
            throw .last("Cannot connect to \(address)")
        }
    }

    private func allowIPv6(for address: Address) throws(SocketError) {
        if case .tcp(let host, _) = address, host.hasPrefix("[") { try set(ZMQ_IPV6, 1 as Int32) }
    }

    /// A path for a socket file in the folder for temporary files.
    private static func freePath() -> String {
        let name = "troupe-\(String(UInt64.random(in: 0 ... .max), radix: 16))"
        let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        let path = "\(folder)/\(name)"
        return folder.hasPrefix("/") && path.utf8.count <= Address.longestPath ? path : "/tmp/\(name)"
    }

    /// The library would remove whatever lies at the path; refuses unless that is a socket nobody listens on.
    private static func checkFree(_ path: String, _ address: Address) throws(SocketError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw .badPath(address, "there is a file of that name that is no socket")
        }
        let probe = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard probe >= 0 else { throw .exhausted("Cannot listen on \(address)") }
        defer { close(probe) }
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &name.sun_path) { target in
            target.copyBytes(from: path.utf8.prefix(target.count - 1))
        }
        let reached = withUnsafePointer(to: &name) { name in
            name.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                Glibc.connect(probe, name, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        if reached == 0 { throw .addressInUse(address) }
    }

    /// Hands one part to the library without waiting. A part that was sent leaves the cell empty.
    func send(_ cell: borrowing MessageCell, more: Bool) throws(SocketError) -> Outcome {
        let flags = ZMQ_DONTWAIT | (more ? ZMQ_SNDMORE : 0)
        let pointer = cell.pointer
        if uninterrupted({ zmq_msg_send(pointer, handle, flags) }) != -1 { return .sent }
        switch zmq_errno() {
        case EAGAIN: return .full
        case EHOSTUNREACH: return .unreachable
        default: throw .last("Cannot send")
        }
    }

    /// Takes one part from the library without waiting.
    ///
    /// - Returns: whether there was one.
    func receive(into cell: borrowing MessageCell) throws(SocketError) -> Bool {
        let pointer = cell.pointer
        if uninterrupted({ zmq_msg_recv(pointer, handle, ZMQ_DONTWAIT) }) != -1 { return true }
        guard zmq_errno() == EAGAIN else { throw .last("Cannot receive") }
        return false
    }

    /// Lets the library take note of what its threads have done, such as a connection that has just been made.
    func refresh() {
        var events: Int32 = 0
        var size = MemoryLayout<Int32>.size
        zmq_getsockopt(handle, ZMQ_EVENTS, &events, &size)
    }
}

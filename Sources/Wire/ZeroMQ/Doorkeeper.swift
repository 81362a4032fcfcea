/// Answers the library's questions whether somebody may connect, for the router of a transport that has keys; there is at
/// most one. While there is none, nobody comes in.
///
/// It lives on the loop of its router.
final class Doorkeeper {
    private let loop: Loop
    private var socket: Socket?
    /// Who may come in from now on.
    var list = AllowList()
    /// Is called before somebody is turned away; the list may have just changed.
    var look: (() -> Void)?

    /// Begins to answer. `refused` is told who was turned away, and from where.
    ///
    /// - Throws: `SocketError.addressInUse` when another router of this transport has keys.
    init(
        on loop: Loop,
        in transport: Transport,
        refused: @escaping (AdmissionRequest.Verdict, String) -> Void
    ) throws(SocketError) {
        self.loop = loop
        let socket = try Socket.open(.reply, in: transport)
        _ = try socket.bind(to: .inproc("zeromq.zap.01"))
        loop.watch(socket.handle, sends: true) { [weak self] in self?.pump(refused) ?? false }
        self.socket = consume socket
    }

    /// Answers nothing more.
    func close() {
        guard let socket = socket.take() else { return }
        loop.unwatch(socket.handle)
    }

    /// - Returns: whether more may be waiting.
    private func pump(_ refused: (AdmissionRequest.Verdict, String) -> Void) -> Bool {
        for _ in 0..<64 {
            guard let frames = try? receive() else { return false }
            let request = AdmissionRequest(frames)
            var verdict = request.verdict(by: list)
            if case .unlisted = verdict, let look {
                look()
                verdict = request.verdict(by: list)
            }
            // A question without an answer ends as one that was answered with no.
            try? answer(request.answer(verdict))
            if case .admitted = verdict { continue }
            refused(verdict, request.address)
        }
        return true
    }

    /// The parts of the next question; nil when there is none.
    private func receive() throws(SocketError) -> [[UInt8]]? {
        var frames: [[UInt8]] = []
        while true {
            let cell = MessageCell()
            guard try socket?.receive(into: cell) == true else { return nil }
            frames.append(Array(cell.bytes))
            guard cell.hasMore else { return frames }
        }
    }

    private func answer(_ frames: [[UInt8]]) throws(SocketError) {
        for (index, frame) in frames.enumerated() {
            _ = try socket?.send(.holding(Frame(frame)), more: index + 1 < frames.count)
        }
    }
}

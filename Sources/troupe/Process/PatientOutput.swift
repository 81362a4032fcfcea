import Foundation
import Glibc
import Synchronization

/// Lines for a reader who may be slow, stuck or gone: whoever writes them never waits.
///
/// What the reader has no room for is kept and written as soon as there is room. Beyond a limit, lines are left out, and in
/// their place stands how many they were. All of it may be called on any thread.
final class PatientOutput: Sendable {
    private struct State {
        var waiting: [UInt8] = []
        var leftOut = 0
        var isDraining = false
    }

    private let state = Mutex(State())
    private let descriptor: Int32
    private let limit: Int
    private let isPrivate: Bool

    /// Writes to a descriptor.
    ///
    /// - Parameters:
    ///   - descriptor: A pipe, a terminal or a file, which stays open.
    ///   - limit: Bytes that wait for the reader at most.
    init(_ descriptor: Int32, limit: Int = 1 << 18) {
        self.limit = limit
        var found = stat()
        let kind = fstat(descriptor, &found) == 0 ? found.st_mode & S_IFMT : 0
        // Opened once more, so that not to wait is a matter of this one alone: others, such as children, share the first.
        let own = kind == S_IFIFO || kind == S_IFCHR ? Self.reopen(descriptor) : -1
        isPrivate = own >= 0
        self.descriptor = isPrivate ? own : descriptor
    }

    deinit { if isPrivate { close(descriptor) } }

    private static func reopen(_ descriptor: Int32) -> Int32 {
        open("/proc/self/fd/\(descriptor)", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_APPEND | O_CLOEXEC)
    }

    /// Whether something waits for the reader, so that what is written now will be read late or never.
    var isBehind: Bool { state.withLock { !$0.waiting.isEmpty } }

    /// Writes whole lines, at once if there is room.
    func write(_ text: String) {
        state.withLock { state in
            let bytes = Array(text.utf8)
            guard state.waiting.isEmpty else {
                if state.leftOut > 0 || state.waiting.count + bytes.count > limit {
                    state.leftOut += 1
                } else {
                    state.waiting += bytes
                }
                return
            }
            state.waiting = rest(of: bytes)
            guard !state.waiting.isEmpty else { return }
            if !state.isDraining { drain(&state) }
        }
    }

    /// Waits until everything was written, but not for ever.
    func flush(within patience: Duration = .seconds(1)) {
        let deadline = ContinuousClock.now + patience
        while isBehind, ContinuousClock.now < deadline { usleep(1_000) }
    }

    /// Writes as much as there is room for.
    ///
    /// - Returns: what is left; nothing when nobody will ever read it.
    private func rest(of bytes: [UInt8]) -> [UInt8] {
        var rest = bytes[...]
        while !rest.isEmpty {
            // Where not to wait cannot be asked for, it has to be looked at before: a pipe then has room for 4096 bytes.
            if !isPrivate, !hasRoom(patience: 0) { break }
            let piece = rest.prefix(isPrivate ? rest.count : 4096)
            let count = Glibc.write(descriptor, Array(piece), piece.count)
            if count < 0 {
                if errno == EINTR { continue }
                return errno == EAGAIN ? Array(rest) : []
            }
            rest = rest.dropFirst(count)
        }
        return Array(rest)
    }

    /// Waits, by a thread of its own, for room for what waits.
    private func drain(_ state: inout State) {
        state.isDraining = true
        Thread.detachNewThread { [self] in
            repeat { _ = hasRoom(patience: -1) } while writeMore()
        }
    }

    /// - Returns: whether something is left.
    private func writeMore() -> Bool {
        state.withLock { state in
            state.waiting = rest(of: state.waiting)
            if state.waiting.isEmpty, state.leftOut > 0 {
                let lines = state.leftOut == 1 ? "1 line was" : "\(state.leftOut) lines were"
                state.waiting = rest(of: Array("Warning: \(lines) left out here, since nobody read them.\n".utf8))
                state.leftOut = 0
            }
            state.isDraining = !state.waiting.isEmpty
            return state.isDraining
        }
    }

    /// - Parameter patience: Milliseconds to wait for it; below 0 for ever.
    /// - Returns: whether there is room now, or never again.
    private func hasRoom(patience: Int32) -> Bool {
        var look = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return poll(&look, 1, patience) > 0
    }
}

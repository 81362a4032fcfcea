import CZeroMQ

/// A ZeroMQ context: the one thread that does the sockets' input and output. Were it several, a connection's events could
/// overtake each other.
///
/// `@unchecked`: the library lets any thread use a context at any time.
struct Context: ~Copyable, @unchecked Sendable {
    /// The library's handle.
    let handle: UnsafeMutableRawPointer

    init() throws(SocketError) {
        guard let handle = zmq_ctx_new() else { throw .last("Cannot start ZeroMQ") }
        self.handle = handle
    }

    /// Waits until every socket is closed and what lingers is sent or given up.
    deinit { _ = uninterrupted { zmq_ctx_term(handle) } }
}

/// What all endpoints of a process share. One per process is enough; endpoints find each other over `inproc://` only
/// when they share it.
///
/// Every socket holds its transport, so that it ends after the last of them.
package final class Transport: Sendable {
    private let context: Context
    /// The library's handle.
    var handle: UnsafeMutableRawPointer { context.handle }

    /// - Throws: `SocketError.libraryTooOld`, or another one when the system has no room for it.
    package init() throws(SocketError) {
        var version: (Int32, Int32, Int32) = (0, 0, 0)
        zmq_version(&version.0, &version.1, &version.2)
        guard version >= (4, 3, 3) else {
            throw .libraryTooOld("\(version.0).\(version.1).\(version.2)")
        }
        context = try Context()
    }

    /// Makes sure that the library can encrypt.
    ///
    /// - Throws: `SocketError.noCurve`.
    static func checkCurve() throws(SocketError) {
        guard zmq_has("curve") == 1 else { throw .noCurve }
    }
}

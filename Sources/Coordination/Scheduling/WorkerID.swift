/// A worker for as long as its connection lasts: the number of its session. One that comes back is another worker.
package struct WorkerID: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The session's number, never 0.
    package let session: UInt64

    /// The worker of a session.
    package init(session: UInt64) { self.session = session }

    /// Orders by when workers came.
    package static func < (left: WorkerID, right: WorkerID) -> Bool { left.session < right.session }

    /// As `worker 3`.
    package var description: String { "worker \(session)" }
}

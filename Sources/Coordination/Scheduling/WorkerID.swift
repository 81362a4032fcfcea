import Tensors

/// A worker for as long as its connection lasts: the number of its session. One that comes back is another worker.
package struct WorkerID: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The session's number, never 0.
    package let session: UInt64

    /// The worker of a session.
    package init(session: UInt64) { self.session = session }

    // swift-format-ignore: NoLeadingUnderscores
    /// What dictionaries ask for. The numbers are given here, so that nobody can choose some that fall together.
    package func _rawHashValue(seed: Int) -> Int { session.scattered(by: seed) }

    /// Orders by when workers came.
    package static func < (left: WorkerID, right: WorkerID) -> Bool { left.session < right.session }

    /// As `worker 3`.
    package var description: String { "worker \(session)" }
}

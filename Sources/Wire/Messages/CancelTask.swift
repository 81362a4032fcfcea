import CProtobuf
package import Tensors

/// A result is no longer wanted. An attempt that is over or unknown is ignored.
package struct CancelTask: Hashable, Sendable {
    /// The task's hash.
    package var task: Hash
    /// Which try of it this is, from 1.
    package var attempt: Int

    /// A task to give up.
    package init(task: Hash, attempt: Int) {
        self.task = task
        self.attempt = attempt
    }
}

extension CancelTask: Packable {
    static func initialise(_ cell: UnsafeMutablePointer<Troupe__CancelTask>) { troupe__cancel_task__init(cell) }

    func write(to cell: inout Troupe__CancelTask, in arena: inout Arena) throws(WireError) {
        cell.task = arena.data(task)
        cell.attempt = try arena.number(attempt, named: "attempt")
    }

    init(reading cell: Troupe__CancelTask) throws(WireError) {
        task = try read(cell.task, "task")
        attempt = try read(cell.attempt, "attempt", in: 1...Int.max)
    }
}

import CProtobuf
package import Tensors

/// The coordinator has recorded a result; the worker need not offer it again.
package struct TaskAccepted: Hashable, Sendable {
    /// The task's hash.
    package var task: Hash
    /// Which try of it this is, from 1.
    package var attempt: Int

    /// A result that is safe.
    package init(task: Hash, attempt: Int) {
        self.task = task
        self.attempt = attempt
    }
}

extension TaskAccepted: Packable {
    static func initialise(_ cell: UnsafeMutablePointer<Troupe__TaskAccepted>) { troupe__task_accepted__init(cell) }

    func write(to cell: inout Troupe__TaskAccepted, in arena: inout Arena) throws(WireError) {
        cell.task = arena.data(task)
        cell.attempt = try arena.number(attempt, named: "attempt")
    }

    init(reading cell: Troupe__TaskAccepted) throws(WireError) {
        task = try read(cell.task, "task")
        attempt = try read(cell.attempt, "attempt", in: 1...Int.max)
    }
}

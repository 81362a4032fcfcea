import CProtobuf
package import Tensors

/// A worker has all inputs of a task and runs it.
package struct TaskStarted: Hashable, Sendable {
    /// The task's hash.
    package var task: Hash
    /// Which try of it this is, from 1.
    package var attempt: Int

    /// A task that runs.
    package init(task: Hash, attempt: Int) {
        self.task = task
        self.attempt = attempt
    }
}

extension TaskStarted: Packable {
    static func initialise(_ cell: UnsafeMutablePointer<Troupe__TaskStarted>) { troupe__task_started__init(cell) }

    func write(to cell: inout Troupe__TaskStarted, in arena: inout Arena) throws(WireError) {
        cell.task = arena.data(task)
        cell.attempt = try arena.number(attempt, named: "attempt")
    }

    init(reading cell: Troupe__TaskStarted) throws(WireError) {
        task = try read(cell.task, "task")
        attempt = try read(cell.attempt, "attempt", in: 1...Int.max)
    }
}

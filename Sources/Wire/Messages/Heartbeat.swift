import CProtobuf
package import Tensors

/// How far a running task is.
package struct TaskProgress: Hashable, Sendable {
    /// The task's hash.
    package var task: Hash
    /// Which try of it this is, from 1.
    package var attempt: Int
    /// Iterations of the outermost loop that are done.
    package var step: Int
    /// Iterations of that loop; 0 when the program has none.
    package var total: Int

    /// A task at a step.
    package init(task: Hash, attempt: Int, step: Int, total: Int) {
        self.task = task
        self.attempt = attempt
        self.step = step
        self.total = total
    }
}

/// The sender lives. From a worker: and this is what it runs.
package struct Heartbeat: Hashable, Sendable {
    /// The session; a worker that hears another one than its own says `Hello` again.
    package var session: UInt64
    /// What runs, at most 256 tasks; empty from a coordinator.
    package var tasks: [TaskProgress]
    /// From a coordinator: silence after which the other side is gone, from now on; nil for as much as before.
    package var timeout: Duration?

    /// A sign of life.
    package init(session: UInt64, tasks: [TaskProgress] = [], timeout: Duration? = nil) {
        self.session = session
        self.tasks = tasks
        self.timeout = timeout
    }
}

extension TaskProgress: Packable {
    static func initialise(_ cell: UnsafeMutablePointer<Troupe__TaskProgress>) { troupe__task_progress__init(cell) }

    func write(to cell: inout Troupe__TaskProgress, in arena: inout Arena) throws(WireError) {
        cell.task = arena.data(task)
        cell.attempt = try arena.number(attempt, named: "attempt")
        cell.step = try arena.number(step, named: "step")
        cell.total = try arena.number(total, named: "total")
    }

    init(reading cell: Troupe__TaskProgress) throws(WireError) {
        task = try read(cell.task, "task")
        attempt = try read(cell.attempt, "attempt", in: 1...Int.max)
        total = try read(cell.total, "total")
        step = try read(cell.step, "step", in: 0...total)
    }
}

extension Heartbeat: Packable {
    static func initialise(_ cell: UnsafeMutablePointer<Troupe__Heartbeat>) { troupe__heartbeat__init(cell) }

    func write(to cell: inout Troupe__Heartbeat, in arena: inout Arena) throws(WireError) {
        cell.session = session
        cell.n_tasks = tasks.count
        cell.tasks = try arena.cells(tasks, named: "tasks")
        if let timeout { cell.timeout_milliseconds = try arena.milliseconds(timeout, named: "timeout_milliseconds") }
    }

    init(reading cell: Troupe__Heartbeat) throws(WireError) {
        session = cell.session
        tasks = try read(cell.n_tasks, cell.tasks, "tasks", atMost: WireLimits.running)
        timeout = cell.timeout_milliseconds == 0 ? nil : .milliseconds(Int(cell.timeout_milliseconds))
    }
}

import CProtobuf
package import Tensors

/// The coordinator has recorded results; the worker need not offer them again.
package struct TaskAccepted: Hashable, Sendable {
    /// A result that is safe.
    package struct Result: Hashable, Sendable {
        /// The task's hash.
        package var task: Hash
        /// Which try of it this is, from 1.
        package var attempt: Int

        /// The result of a try of a task.
        package init(task: Hash, attempt: Int) {
            self.task = task
            self.attempt = attempt
        }
    }

    /// The results, at most 256.
    package var results: [Result]

    /// Results that are safe.
    package init(_ results: [Result]) { self.results = results }

    /// A result that is safe.
    package init(task: Hash, attempt: Int) { self.init([Result(task: task, attempt: attempt)]) }
}

extension TaskAccepted.Result: Packable {
    static func initialise(_ cell: UnsafeMutablePointer<Troupe__AcceptedResult>) { troupe__accepted_result__init(cell) }

    func write(to cell: inout Troupe__AcceptedResult, in arena: inout Arena) throws(WireError) {
        cell.task = arena.data(task)
        cell.attempt = try arena.number(attempt, named: "attempt")
    }

    init(reading cell: Troupe__AcceptedResult) throws(WireError) {
        task = try read(cell.task, "task")
        attempt = try read(cell.attempt, "attempt", in: 1...Int.max)
    }
}

extension TaskAccepted: Packable {
    static func initialise(_ cell: UnsafeMutablePointer<Troupe__TaskAccepted>) { troupe__task_accepted__init(cell) }

    func write(to cell: inout Troupe__TaskAccepted, in arena: inout Arena) throws(WireError) {
        cell.n_results = results.count
        cell.results = try arena.cells(results, named: "results")
    }

    init(reading cell: Troupe__TaskAccepted) throws(WireError) {
        results = try read(cell.n_results, cell.results, "results", atMost: WireLimits.accepted)
    }
}

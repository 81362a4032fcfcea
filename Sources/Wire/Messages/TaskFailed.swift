import CProtobuf
package import Tensors

/// A worker has no result for a task.
package struct TaskFailed: Hashable, Sendable {
    /// What went wrong, for programs.
    package enum Code: UInt32, Hashable, Sendable, CaseIterable {
        /// The program or an input breaks a rule or a limit: no worker would take it.
        case refused = 1
        /// It does not fit this worker's memory.
        case tooLarge = 2
        /// The program or an input could not be fetched.
        case missingBlob = 3
        /// It failed while it ran.
        case execution = 4
        /// By `CancelTask`, or because the worker stops.
        case cancelled = 5
    }

    /// The task's hash.
    package var task: Hash
    /// Which try of it this was, from 1.
    package var attempt: Int
    /// What went wrong.
    package var code: Code
    /// What went wrong, for people; at most 4096 bytes.
    package var sentence: String
    /// Bytes that the program needs while it runs, where it is too large; 0 when that is not known.
    package var neededBytes: Int

    /// A failure; the sentence is cut to its limit.
    package init(task: Hash, attempt: Int, code: Code, sentence: String, neededBytes: Int = 0) {
        self.task = task
        self.attempt = attempt
        self.code = code
        self.sentence = sentence.clipped(to: WireLimits.sentence)
        self.neededBytes = neededBytes
    }
}

extension TaskFailed: Packable {
    static func initialise(_ cell: UnsafeMutablePointer<Troupe__TaskFailed>) { troupe__task_failed__init(cell) }

    func write(to cell: inout Troupe__TaskFailed, in arena: inout Arena) throws(WireError) {
        cell.task = arena.data(task)
        cell.attempt = try arena.number(attempt, named: "attempt")
        cell.code = Troupe__TaskFailed__Code(rawValue: code.rawValue)
        cell.sentence = try arena.string(sentence, named: "sentence")
        cell.needed_bytes = try arena.number(neededBytes, named: "needed_bytes")
    }

    init(reading cell: Troupe__TaskFailed) throws(WireError) {
        task = try read(cell.task, "task")
        attempt = try read(cell.attempt, "attempt", in: 1...Int.max)
        guard let code = Code(rawValue: cell.code.rawValue) else {
            throw .field("code", "is \(cell.code.rawValue), which is no code")
        }
        self.code = code
        sentence = try read(cell.sentence, "sentence", atMost: WireLimits.sentence)
        neededBytes = try read(cell.needed_bytes, "needed_bytes")
    }
}

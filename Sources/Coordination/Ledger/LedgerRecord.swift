public import Foundation
public import Tasks
public import Tensors
package import Wire

/// What a ledger remembers of a task that is done.
public struct LedgerRecord: Sendable {
    /// The task's hash.
    public var task: Hash
    /// The hash of its program.
    public var program: Hash
    /// What it was, for people.
    public var role: Role
    /// Its outputs, in the program's order.
    package var outputs: [Output]
    /// The number of the attempt whose result it is; 0 when it was not numbered.
    public var attempt: Int
    /// Who computed it, for people.
    public var worker: String
    /// How long its program ran.
    public var took: Duration
    /// When it was done, by the clock of this machine; for people, and nothing is decided by it.
    public var finished: Date

    /// The blob of an output, with its name.
    package struct Output: Hashable, Sendable {
        package var name: Hash
        package var content: Frame

        /// - Precondition: the name is that of the content.
        package init(name: Hash, content: Frame) {
            self.name = name
            self.content = content
        }

        /// A tensor's blob, which is made and named here.
        package init(_ value: TensorValue) {
            let blob = value.blob
            self.init(name: .ofBlob(blob), content: Frame(blob))
        }
    }

    /// A result.
    package init(
        _ task: Hash,
        program: Hash,
        role: Role,
        outputs: [Output],
        attempt: Int = 0,
        worker: String = "",
        took: Duration = .zero,
        finished: Date
    ) {
        self.task = task
        self.program = program
        self.role = role
        self.outputs = outputs
        self.attempt = attempt
        self.worker = worker
        self.took = took
        self.finished = finished
    }

    /// Bytes of its outputs together.
    package var byteCount: Int { outputs.reduce(0) { $0 + $1.content.count } }
}

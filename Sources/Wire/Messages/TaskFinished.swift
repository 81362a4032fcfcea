import CProtobuf
package import Tensors

/// An output of a finished task.
package struct TaskOutput: Hashable, Sendable {
    /// The tensor by name.
    package var tensor: TensorBlob
    /// Whether the blob comes as a frame; else it can be asked for with `BlobRequest`.
    package var isAttached: Bool

    /// An output.
    package init(_ tensor: TensorBlob, isAttached: Bool) {
        self.tensor = tensor
        self.isAttached = isAttached
    }
}

/// A worker has finished a task. It keeps the outputs until `Release`, and sends this again after each reconnection
/// until `TaskAccepted`.
///
/// Frames: the blobs of the attached outputs, one frame each, in order.
package struct TaskFinished: Hashable, Sendable {
    /// The task's hash.
    package var task: Hash
    /// Which try of it this was, from 1.
    package var attempt: Int
    /// One for each output of the program, at most 512.
    package var outputs: [TaskOutput]
    /// How long the program ran.
    package var wallNanoseconds: Int
    /// Whether all numbers of the outputs are finite.
    package var isFinite: Bool

    /// A result.
    package init(task: Hash, attempt: Int, outputs: [TaskOutput], wallNanoseconds: Int, isFinite: Bool = true) {
        self.task = task
        self.attempt = attempt
        self.outputs = outputs
        self.wallNanoseconds = wallNanoseconds
        self.isFinite = isFinite
    }
}

extension TaskOutput: Packable {
    static func initialise(_ cell: UnsafeMutablePointer<Troupe__TaskOutput>) { troupe__task_output__init(cell) }

    func write(to cell: inout Troupe__TaskOutput, in arena: inout Arena) throws(WireError) {
        cell.tensor = try arena.cell(tensor)
        cell.attached = isAttached ? 1 : 0
    }

    init(reading cell: Troupe__TaskOutput) throws(WireError) {
        tensor = try read(cell.tensor, "tensor")
        isAttached = cell.attached != 0
    }
}

extension TaskFinished: Packable {
    static func initialise(_ cell: UnsafeMutablePointer<Troupe__TaskFinished>) { troupe__task_finished__init(cell) }

    func write(to cell: inout Troupe__TaskFinished, in arena: inout Arena) throws(WireError) {
        cell.task = arena.data(task)
        cell.attempt = try arena.number(attempt, named: "attempt")
        cell.n_outputs = outputs.count
        cell.outputs = try arena.cells(outputs, named: "outputs")
        cell.wall_nanoseconds = try arena.number(wallNanoseconds, named: "wall_nanoseconds")
        cell.not_finite = isFinite ? 0 : 1
    }

    init(reading cell: Troupe__TaskFinished) throws(WireError) {
        task = try read(cell.task, "task")
        attempt = try read(cell.attempt, "attempt", in: 1...Int.max)
        outputs = try read(cell.n_outputs, cell.outputs, "outputs", atMost: WireLimits.tensors)
        wallNanoseconds = try read(cell.wall_nanoseconds, "wall_nanoseconds")
        isFinite = cell.not_finite == 0
    }
}

import CProtobuf
package import Tasks
package import Tensors

/// A coordinator hands out a task.
///
/// Frames: the blobs named in `attached`, one frame each, in that order.
package struct Assignment: Hashable, Sendable {
    /// The task's hash.
    package var task: Hash
    /// Which try of it this is, from 1; no number is given twice.
    package var attempt: Int
    /// What it is, for people.
    package var role: Role
    /// What is to run.
    package var program: ProgramBlob
    /// One for each input of the program, at most 512.
    package var inputs: [TensorBlob]
    /// The names of those blobs, the program's or an input's, that ride along; none twice.
    package var attached: [Hash]

    /// A task to run.
    package init(
        task: Hash,
        attempt: Int,
        role: Role,
        program: ProgramBlob,
        inputs: [TensorBlob],
        attached: [Hash] = []
    ) {
        self.task = task
        self.attempt = attempt
        self.role = role
        self.program = program
        self.inputs = inputs
        self.attached = attached
    }

    /// Bytes of a blob, the program's or an input's; nil where a name is not of this message.
    func byteCount(ofBlob name: Hash) -> Int? {
        name == program.name ? program.byteCount : inputs.first { $0.name == name }?.byteCount
    }
}

extension Assignment: Packable {
    static func initialise(_ cell: UnsafeMutablePointer<Troupe__Assignment>) { troupe__assignment__init(cell) }

    func write(to cell: inout Troupe__Assignment, in arena: inout Arena) throws(WireError) {
        cell.task = arena.data(task)
        cell.attempt = try arena.number(attempt, named: "attempt")
        do { cell.role = try arena.cell(role) } catch { throw error.inside("role") }
        do { cell.program = try arena.cell(program) } catch { throw error.inside("program") }
        cell.n_inputs = inputs.count
        cell.inputs = try arena.cells(inputs, named: "inputs")
        cell.n_attached = attached.count
        cell.attached = arena.data(attached)
    }

    init(reading cell: Troupe__Assignment) throws(WireError) {
        task = try read(cell.task, "task")
        attempt = try read(cell.attempt, "attempt", in: 1...Int.max)
        role = try read(cell.role, "role")
        program = try read(cell.program, "program")
        inputs = try read(cell.n_inputs, cell.inputs, "inputs", atMost: WireLimits.tensors)
        attached = try read(cell.n_attached, cell.attached, "attached", atMost: WireLimits.frames)
        guard attached.count < 2 || Set(attached).count == attached.count else {
            throw .field("attached", "names a blob twice")
        }
        for (index, name) in attached.enumerated() where byteCount(ofBlob: name) == nil {
            throw .field("attached[\(index)]", "is neither the program nor an input")
        }
    }
}

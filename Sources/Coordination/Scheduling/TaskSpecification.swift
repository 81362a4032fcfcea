package import Tasks
package import Tensors
package import Wire

/// A task as the scheduler knows it: what it is computed from, by name.
package struct TaskSpecification: Hashable, Sendable {
    /// The task's hash.
    package let task: Hash
    /// What it is, for people.
    package let role: Role
    /// The hash of its program.
    package let program: Hash
    /// Its inputs, in the program's order.
    package let inputs: [TensorBlob]

    /// A task.
    package init(task: Hash, role: Role, program: Hash, inputs: [TensorBlob]) {
        self.task = task
        self.role = role
        self.program = program
        self.inputs = inputs
    }

    /// Each input once, in order.
    var distinctInputs: [TensorBlob] {
        var seen: Set<Hash> = []
        return inputs.filter { seen.insert($0.name).inserted }
    }

    /// Whether a blob is one of the inputs.
    func needs(_ blob: Hash) -> Bool { inputs.contains { $0.name == blob } }
}

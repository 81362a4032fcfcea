package import Tasks
package import Tensors
package import Wire

/// A task as the scheduler knows it: what it is computed from, by name. It never changes, and goes through many hands, so it is
/// an object: to hand it on copies nothing.
package final class TaskSpecification: Hashable, Sendable {
    /// The task's hash.
    package let task: Hash
    /// What it is, for people.
    package let role: Role
    /// Its program.
    package let program: ProgramBlob
    /// Its inputs, in the program's order.
    package let inputs: [TensorBlob]
    /// The types of its outputs, in the program's order.
    package let outputs: [TensorType]
    /// How long its result is remembered after a crash.
    package let keeping: Keeping
    /// How many works of a recipe it does.
    let workCount: Int
    /// Each input once, in order.
    let distinctInputs: [TensorBlob]
    /// Bytes of everything that goes in and comes out: the least memory that a worker needs for it.
    let byteCount: Int

    /// A task.
    package init(
        task: Hash,
        role: Role,
        program: ProgramBlob,
        inputs: [TensorBlob],
        outputs: [TensorType],
        keeping: Keeping,
        workCount: Int = 1
    ) {
        self.task = task
        self.role = role
        self.program = program
        self.inputs = inputs
        self.outputs = outputs
        self.keeping = keeping
        self.workCount = workCount
        distinctInputs = inputs.distinct
        func sum(_ total: Int, _ count: Int) -> Int {
            let (sum, isTooLarge) = total.addingReportingOverflow(count)
            return isTooLarge ? .max : sum
        }
        let inputBytes = distinctInputs.reduce(0) { sum($0, $1.byteCount) }
        byteCount = outputs.reduce(inputBytes) { sum($0, $1.byteCount) }
    }

    /// Whether a blob is one of the inputs.
    func needs(_ blob: Hash) -> Bool { inputs.contains { $0.name == blob } }

    /// Tasks are equal when all that is known of them is.
    package static func == (left: TaskSpecification, right: TaskSpecification) -> Bool {
        left === right
            || left.task == right.task && left.role == right.role && left.program == right.program
                && left.inputs == right.inputs && left.outputs == right.outputs && left.keeping == right.keeping
    }

    /// Feeds the task's hash to a hasher.
    package func hash(into hasher: inout Hasher) { hasher.combine(task) }
}

extension [TensorBlob] {
    /// Each tensor once, in order.
    var distinct: [TensorBlob] {
        guard count > 1 else { return self }
        var seen: Set<Hash> = []
        return filter { seen.insert($0.name).inserted }
    }
}

import Tensors

/// What the shards of a meta-batch say of their tasks.
struct MetaBatchReport {
    /// Σ of the losses before adaptation, over the tasks of which all was finite.
    private(set) var before = 0.0
    /// Σ of the losses after adaptation.
    private(set) var after = 0.0
    /// How many tasks these are.
    private(set) var counted = 0
    /// How many are left out.
    private(set) var diverged = 0
    /// The first task that is left out, and the inner step at which its loss was not finite.
    private(set) var firstDiverged: (task: Int, step: Int)?

    /// Reads the reports of shards, in order: `[tasks, 3]` each.
    init(_ shards: [TensorValue]) {
        let numbers = shards.flatMap(\.floats)
        for task in 0..<(numbers.count / 3) {
            let step = Int(numbers[3 * task + 2])
            if step < 0 {
                before += Double(numbers[3 * task])
                after += Double(numbers[3 * task + 1])
                counted += 1
            } else {
                diverged += 1
                firstDiverged = firstDiverged ?? (task, step)
            }
        }
    }
}

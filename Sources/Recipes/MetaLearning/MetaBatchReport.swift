import Tensors

/// What some tasks of a meta-batch leave.
struct ShardResult: Sendable {
    /// Σ ∇θ L(θ′), over the tasks of which all was finite.
    var gradient: TensorValue
    /// The losses before and after adaptation, `f32 [tasks, 2]`.
    var losses: TensorValue
    /// The inner step at which each task's loss was not finite, or −1, `i32 [tasks]`; nil when all was finite.
    var divergence: TensorValue?
}

/// How the tasks of a meta-batch went.
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

    /// Reads the results of shards, in order.
    init(_ shards: [ShardResult]) {
        for shard in shards { add(shard.losses.floats[...], divergence: shard.divergence?.elements()) }
    }

    /// Reads the losses of a meta-batch of which all is finite, before and after adaptation for each task.
    init(finite losses: ArraySlice<Float>) { add(losses, divergence: nil) }

    /// Adds the tasks of a shard.
    private mutating func add(_ losses: ArraySlice<Float>, divergence: [Int32]?) {
        for task in 0..<(losses.count / 2) {
            let step = divergence?[task] ?? -1
            if step < 0 {
                before += Double(losses[losses.startIndex + 2 * task])
                after += Double(losses[losses.startIndex + 2 * task + 1])
                counted += 1
            } else {
                firstDiverged = firstDiverged ?? (counted + diverged, Int(step))
                diverged += 1
            }
        }
    }
}

import Tasks
import Tensors

/// Where the training of a trunk and its heads is after some steps.
struct SharedState: Sendable {
    /// How many steps are done.
    var step: Int
    /// The trunk's state, packed.
    var trunk: TensorValue
    /// Each head's state, packed.
    var heads: [TensorValue]
    /// The step at which each head was left out; nil for those that learn.
    var divergedAt: [Int?]

    /// As it is written down.
    var snapshot: Snapshot {
        var tensors = ["trunk": trunk, "diverged": TensorValue(divergedAt.map { Int32($0 ?? -1) })]
        for (index, head) in heads.enumerated() { tensors["head \(index)"] = head }
        return Snapshot(step: step, tensors: tensors)
    }

    init(step: Int, trunk: TensorValue, heads: [TensorValue], divergedAt: [Int?]) {
        self.step = step
        self.trunk = trunk
        self.heads = heads
        self.divergedAt = divergedAt
    }

    /// What was written down, if it is of the same shapes as the state of a fresh start.
    init?(_ snapshot: Snapshot, like start: SharedState) {
        guard let trunk = snapshot.tensors["trunk"], trunk.type == start.trunk.type,
            let diverged = snapshot.tensors["diverged"], diverged.type == TensorType(.i32, [start.heads.count])
        else { return nil }
        let heads = start.heads.indices.compactMap { snapshot.tensors["head \($0)"] }
        guard heads.map(\.type) == start.heads.map(\.type) else { return nil }
        self.init(
            step: snapshot.step,
            trunk: trunk,
            heads: heads,
            divergedAt: diverged.elements(as: Int32.self).map { $0 < 0 ? nil : Int($0) }
        )
    }
}

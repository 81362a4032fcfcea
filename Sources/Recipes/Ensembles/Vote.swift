import Networks
import Tensors

/// How members' predictions become one.
public enum Vote: String, Sendable, Hashable, CaseIterable {
    /// The mean of the members' probabilities.
    case soft
    /// The share of the members that choose each class; among equals the first class wins.
    case hard

    /// One member's say: its probabilities, or 1 for its class and 0 for the others. `[rows, classes]` from logits.
    func ballots(_ logits: Tensor) -> Tensor {
        switch self {
        case .soft: return softmax(logits)
        case .hard:
            let choice = logits.argMax(axis: -1).broadcast(to: logits.shape, axes: [0])
            return (logits.iota(.i32, logits.shape, axis: 1) .== choice).converted(to: .f32)
        }
    }
}

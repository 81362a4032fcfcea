/// What a head says of some rows.
public enum TaskPrediction: Hashable, Sendable {
    /// The class of each row, and the probability of each class, `[rows, count]` in row-major order.
    case classes([Int], probabilities: [Float], count: Int)
    /// The number of each row, in the units of the label.
    case numbers([Float])
}

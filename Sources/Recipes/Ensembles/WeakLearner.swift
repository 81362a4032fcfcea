import Tasks
import Tensors

/// What a round of boosting asks for: a member that fits rows by their weights.
protocol WeakLearner {
    /// What is learned.
    associatedtype Member

    /// Learns from weighted rows.
    ///
    /// - Parameters:
    ///   - round: The number of the round, from 0.
    ///   - weights: `f64[rows]`, which add up to 1.
    ///   - cluster: Where the work is done.
    /// - Returns: the member with its say, or why there is none.
    /// - Throws: what the cluster throws.
    func fit(round: Int, weights: TensorValue, on cluster: some Cluster) async throws -> Hypothesis<Member>
}

/// What came of learning in a round.
enum Hypothesis<Member> {
    /// A member, and the class that it gives each row, `i32[rows]`.
    case learned(Member, says: TensorValue)
    /// The loss was infinite or NaN from this step on.
    case diverged(step: Int)
    /// There is nothing by which rows could be told apart.
    case nothing
}

/// What a round of boosting came to.
public struct BoostingRound: Hashable, Sendable {
    /// What became of the round's member.
    public enum Outcome: Hashable, Sendable {
        /// It belongs to the ensemble.
        case kept
        /// It makes no error on rows that have weight: it belongs to the ensemble and outvotes all members before it, and
        /// boosting ends.
        case perfect
        /// It is no better than guessing, or there is nothing by which rows could be told apart: it is thrown away, and
        /// boosting ends.
        case noBetterThanChance
        /// Its loss was infinite or NaN from this step on: it is thrown away, and boosting goes on.
        case diverged(step: Int)
    }

    /// What became of the member.
    public var outcome: Outcome
    /// The weighted error e; nil when there was no member to measure.
    public var error: Double?
    /// The member's vote α; 0 when it was thrown away.
    public var alpha: Double
    /// The exponential bound of the ensemble after this round; see `AdaBoost`.
    public var bound: Double
    /// The share of training rows that the ensemble gets wrong after this round; nil as long as it has no member.
    public var trainingError: Double?

    /// A round.
    public init(outcome: Outcome, error: Double?, alpha: Double, bound: Double, trainingError: Double?) {
        self.outcome = outcome
        self.error = error
        self.alpha = alpha
        self.bound = bound
        self.trainingError = trainingError
    }
}

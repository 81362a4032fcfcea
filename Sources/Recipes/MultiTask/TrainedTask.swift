public import Networks

/// One task of a multi-task network after training.
public struct TrainedTask: Sendable {
    /// The task's name.
    public let name: String
    /// The layers from what the trunk gives to what is predicted.
    public let head: Sequential
    /// The head's weights.
    public let weights: NamedWeights
    /// What it predicts.
    public let target: TaskTarget
    /// η, how much its loss counted.
    public let weight: Double
    /// The step, counted from 0, at which its loss became infinite or NaN and it was left out; nil when it never did.
    public let divergedAt: Int?
    /// What the network scores on the task's test rows; nil without such rows, or when the task took no part.
    public let score: TaskScore?
    /// What the same layers score that learned this task alone; nil when they did not, or diverged.
    public let baseline: TaskScore?

    /// A trained task.
    public init(
        name: String,
        head: Sequential,
        weights: NamedWeights,
        target: TaskTarget,
        weight: Double = 1,
        divergedAt: Int? = nil,
        score: TaskScore? = nil,
        baseline: TaskScore? = nil
    ) {
        self.name = name
        self.head = head
        self.weights = weights
        self.target = target
        self.weight = weight
        self.divergedAt = divergedAt
        self.score = score
        self.baseline = baseline
    }

    /// The task with what was measured of it.
    func scored(_ score: TaskScore?, baseline: TaskScore?) -> TrainedTask {
        TrainedTask(
            name: name,
            head: head,
            weights: weights,
            target: target,
            weight: weight,
            divergedAt: divergedAt,
            score: score,
            baseline: baseline
        )
    }
}

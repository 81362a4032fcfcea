public import Networks
public import Tasks
public import Tensors

/// Networks of one architecture that vote on a class.
public struct VotingEnsemble: Sendable {
    /// The members' architecture.
    public let model: Sequential
    /// The names of the classes, by index.
    public let classes: [String]
    /// The names of the features, in order.
    public let featureNames: [String]
    /// How members' predictions become one.
    public let vote: Vote
    /// The members' weights.
    public let weights: StackedWeights
    /// What the ensemble scored on its training rows, each by members that did not see it; nil when there was no bagging.
    public let outOfBag: OutOfBagEstimate?

    /// An ensemble of trained members.
    ///
    /// - Throws: `RecipeError.weights` when the weights are not those of the model, `LayerError` when the model cannot
    ///   take such features.
    public init(
        model: Sequential,
        classes: [String],
        featureNames: [String],
        vote: Vote,
        weights: StackedWeights,
        outOfBag: OutOfBagEstimate? = nil
    ) throws {
        self.model = model
        self.classes = classes
        self.featureNames = featureNames
        self.vote = vote
        self.weights = weights
        self.outOfBag = outOfBag
        try weights.check(against: model, features: featureNames.count)
    }

    /// The number of members.
    public var memberCount: Int { weights.memberCount }

    /// What the ensemble says of rows of features.
    ///
    /// - Parameters:
    ///   - features: `f32[rows, features]`.
    ///   - local: Where to compute. Rows are taken in blocks, which changes no bit.
    /// - Returns: the class of each row, by the ensemble and by each member, and the shares of the vote.
    /// - Throws: `RecipeError.featureCount` for data of another width.
    public func predict(_ features: TensorValue, on local: LocalExecutor = LocalExecutor()) throws -> Prediction {
        let parts = try local.run(
            on: features,
            width: featureNames.count,
            members: memberCount,
            weights.values,
            program: prediction
        )
        return Prediction(joining: parts.map { Prediction($0, memberCount: memberCount) }, memberCount: memberCount)
    }

    /// Inputs: features and weights. Outputs: the class of each row, the shares of the vote, and each member's class.
    private func prediction(rows: Int) throws -> Program {
        let x = Port("x", TensorType(.f32, [rows, featureNames.count]))
        return try Program.trace([x] + weights.named.ports) { inputs in
            let x = inputs[0]
            let says = vmap(Parameters(names: weights.names, tensors: Array(inputs[1...]))) { weights in
                let logits = model.logits(x, weights: weights)
                return Pair(vote.ballots(logits), logits.argMax(axis: 1))
            }
            let shares = says.first.mean(over: [0])  // [rows, classes]
            return ["class": shares.argMax(axis: 1), "shares": shares, "members": says.second.transposed()]
        }
    }
}

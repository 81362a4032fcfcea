public import Networks
public import Tasks
public import Tensors

/// Members that vote on a class, each with a weight of its own.
public struct BoostedEnsemble: Sendable {
    /// The members, in the order of their rounds.
    public enum Members: Sendable {
        /// Decision stumps.
        case stumps([Stump])
        /// Networks of one architecture.
        case networks(Sequential, StackedWeights)
    }

    /// The members.
    public let members: Members
    /// The vote α of each member, more than 0.
    public let alphas: [Double]
    /// The names of the classes, by index.
    public let classes: [String]
    /// The names of the features, in order.
    public let featureNames: [String]
    /// What each round of training came to, thrown away or not.
    public let rounds: [BoostingRound]

    /// An ensemble of trained members.
    ///
    /// - Throws: `RecipeError.weights` when there is not one finite vote above 0 for each of at least one member, when a
    ///   stump names a feature or class that there is none of, or when weights are not those of the model; `LayerError`
    ///   when the model cannot take such features.
    public init(
        _ members: Members,
        alphas: [Double],
        classes: [String],
        featureNames: [String],
        rounds: [BoostingRound] = []
    ) throws {
        self.members = members
        self.alphas = alphas
        self.classes = classes
        self.featureNames = featureNames
        self.rounds = rounds
        let count: Int
        switch members {
        case .stumps(let stumps):
            count = stumps.count
            for (index, stump) in stumps.enumerated() {
                guard featureNames.indices.contains(stump.feature), classes.indices.contains(stump.below),
                    classes.indices.contains(stump.above), stump.threshold.isFinite
                else {
                    throw RecipeError.weights(
                        "stump \(index + 1) names a feature, threshold or class that there is not"
                    )
                }
            }
        case .networks(let model, let weights):
            count = weights.memberCount
            try weights.check(against: model, features: featureNames.count)
            guard try model.outputShape(for: [featureNames.count]) == [classes.count] else {
                throw RecipeError.weights("the model does not end with one number for each of \(classes.count) classes")
            }
        }
        guard count > 0, alphas.count == count else {
            throw RecipeError.weights("there are \(alphas.count) votes for \(count) members")
        }
        guard alphas.allSatisfy({ $0 > 0 && $0.isFinite }) else {
            throw RecipeError.weights("a member's vote is not a number above 0")
        }
    }

    /// The number of members.
    public var memberCount: Int { alphas.count }

    /// What the ensemble says of rows of features.
    ///
    /// - Parameters:
    ///   - features: `f32[rows, features]`.
    ///   - local: Where to compute. Rows are taken in blocks, which changes no bit.
    /// - Returns: the class of each row, by the ensemble and by each member, and the shares of the vote: Σ α of the members
    ///   that say a class, divided by Σ α.
    /// - Throws: `RecipeError.featureCount` for data of another width.
    public func predict(_ features: TensorValue, on local: LocalExecutor = LocalExecutor()) throws -> Prediction {
        let parts = try local.run(
            on: features,
            width: featureNames.count,
            numbers.map(\.value),
            program: prediction
        )
        return Prediction(joining: parts.map { Prediction($0, memberCount: memberCount) }, memberCount: memberCount)
    }

    /// All numbers of the ensemble, by name, with the members on the first axis.
    package var numbers: [(name: String, value: TensorValue)] {
        let alphas = (name: "alphas", value: TensorValue(alphas))
        switch members {
        case .stumps(let stumps):
            return [
                alphas, ("stumps.feature", TensorValue(stumps.map { Int32($0.feature) })),
                ("stumps.threshold", TensorValue(stumps.map(\.threshold))),
                ("stumps.below", TensorValue(stumps.map { Int32($0.below) })),
                ("stumps.above", TensorValue(stumps.map { Int32($0.above) })),
            ]
        case .networks(_, let weights):
            return [alphas] + zip(weights.names, weights.values).map { (name: $0, value: $1) }
        }
    }

    /// Inputs: features and `numbers`. Outputs: the class of each row, the shares of the vote, and each member's class.
    private func prediction(rows: Int) throws -> Program {
        let ports = numbers.map { Port($0.name, $0.value.type) }
        return try Program.trace([Port("x", TensorType(.f32, [rows, featureNames.count]))] + ports) { inputs in
            let (x, alphas) = (inputs[0], inputs[1])
            let says = says(of: x, by: Array(inputs[2...]))  // [members, rows]
            let none = alphas.filled(0, shape: [rows, classes.count])
            let votes = scan(Pair(none, alphas.scalar(0)), over: Pair(says, alphas)) { sums, member in
                let (says, alpha) = (member.first, member.second)
                let votes = sums.first + ballots(of: says, alpha: alpha, classes: classes.count)
                return (Pair(votes, sums.second + alpha), Nothing())
            }.carry
            let shares = (votes.first / votes.second).converted(to: .f32)  // [rows, classes]
            return ["class": votes.first.argMax(axis: 1), "shares": shares, "members": says.transposed()]
        }
    }

    /// The class that each member gives each row, `i32[members, rows]`.
    private func says(of x: Tensor, by given: [Tensor]) -> Tensor {
        switch members {
        case .stumps(let stumps):
            let shape: Shape = [stumps.count, x.shape[0]]
            let each = given.map { $0.rank == 1 ? $0.broadcast(to: shape, axes: [0]) : $0 }
            let columns = x.transposed().rows(at: given[0])
            return select(columns .<= each[1], each[2], each[3])
        case .networks(let model, let weights):
            return vmap(Parameters(names: weights.names, tensors: given)) { weights in
                model.logits(x, weights: weights).argMax(axis: 1)
            }
        }
    }
}

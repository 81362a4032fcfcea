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
        try checkWeights()
    }

    /// The number of members.
    public var memberCount: Int { weights.memberCount }

    private func checkWeights() throws {
        let (model, count) = (model, featureNames.count)
        let start = try Program.trace([Port("key", TensorType(.u32, [2]))]) { inputs in
            let parameters = try model.parameters(for: [count], key: Key(inputs[0]))
            return zip(parameters.names, parameters.tensors).map { (name: $0, tensor: $1) }
        }
        var expected = start.outputs
        if weights.names.contains("features") { expected.append(Port("features", TensorType(.f32, [count]))) }
        let found = zip(weights.names, weights.values).map { name, value in
            Port(name, TensorType(value.type.element, Shape(Array(value.shape.sizes.dropFirst()))))
        }
        guard Set(found) == Set(expected) else {
            throw RecipeError.weights(
                "the model has \(expected.map { "\($0.name) \($0.type)" }.joined(separator: ", ")), but there are "
                    + found.map { "\($0.name) \($0.type)" }.joined(separator: ", ")
            )
        }
    }

    /// What the ensemble says of rows of features.
    ///
    /// - Parameters:
    ///   - features: `f32[rows, features]`.
    ///   - local: Where to compute. Rows are taken in blocks, which changes no bit.
    /// - Returns: the class of each row, by the ensemble and by each member, and the shares of the vote.
    /// - Throws: `RecipeError.featureCount` for data of another width.
    public func predict(_ features: TensorValue, on local: LocalExecutor = LocalExecutor()) throws -> Prediction {
        guard features.shape.rank == 2, features.type.element == .f32, features.shape[1] == featureNames.count else {
            throw RecipeError.featureCount(found: features.shape.sizes.last ?? 0, needed: featureNames.count)
        }
        let rows = features.shape[0]
        var parts: [Prediction] = []
        for start in stride(from: 0, to: rows, by: Self.block) {
            let range = start..<min(start + Self.block, rows)
            let width = featureNames.count * ElementType.f32.byteCount
            let type = TensorType(.f32, [range.count, featureNames.count])
            let bytes = Array(features.bytes[(range.lowerBound * width)..<(range.upperBound * width)])
            guard let block = TensorValue(type: type, bytes: bytes) else { continue }
            let outputs = try local.run(prediction(rows: range.count), [block] + weights.values)
            parts.append(
                Prediction(
                    classes: outputs[0].elements(as: Int32.self).map(Int.init),
                    shares: outputs[1].floats,
                    memberClasses: outputs[2].elements(as: Int32.self).map(Int.init),
                    memberCount: memberCount
                )
            )
        }
        return Prediction(joining: parts, memberCount: memberCount)
    }

    private static let block = 1024

    /// Inputs: features and weights. Outputs: the class of each row, the shares of the vote, and each member's class.
    private func prediction(rows: Int) throws -> Program {
        let ports = zip(weights.names, weights.values).map { Port($0, $1.type) }
        return try Program.trace([Port("x", TensorType(.f32, [rows, featureNames.count]))] + ports) { inputs in
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

/// What an ensemble says of some rows.
public struct Prediction: Hashable, Sendable {
    /// The class of each row.
    public let classes: [Int]
    /// The shares of the vote, `[rows, classes]` in row-major order; each row adds up to 1.
    public let shares: [Float]
    /// The class of each row by each member, `[rows, members]` in row-major order.
    public let memberClasses: [Int]
    private let memberCount: Int

    init(classes: [Int], shares: [Float], memberClasses: [Int], memberCount: Int) {
        self.classes = classes
        self.shares = shares
        self.memberClasses = memberClasses
        self.memberCount = memberCount
    }

    init(joining parts: [Prediction], memberCount: Int) {
        self.init(
            classes: parts.flatMap(\.classes),
            shares: parts.flatMap(\.shares),
            memberClasses: parts.flatMap(\.memberClasses),
            memberCount: memberCount
        )
    }

    /// The share of rows whose class is right; NaN without rows.
    public func accuracy(labels: [Int]) -> Double {
        Double(zip(classes, labels).count { $0 == $1 }) / Double(labels.count)
    }

    /// The share of right classes of each member.
    public func memberAccuracies(labels: [Int]) -> [Double] {
        (0..<memberCount).map { member in
            Double(labels.indices.count { memberClasses[$0 * memberCount + member] == labels[$0] })
                / Double(labels.count)
        }
    }
}

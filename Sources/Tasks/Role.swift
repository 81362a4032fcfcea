/// What an assignment is, for people, logs and progress bars. A role labels a task; it does not change its result.
public enum Role: Hashable, Sendable, CustomStringConvertible {
    /// Members of a bagging ensemble, each trained on its own bootstrap sample.
    case bootstrap(members: Range<Int>, of: Int)
    /// The predictions of members of an ensemble.
    case score(members: Range<Int>, of: Int)
    /// A round of boosting.
    case round(Int)
    /// The part of a round of boosting that searches some of the features for the best stump.
    case search(round: Int, features: Range<Int>, of: Int)
    /// Tasks of a meta-batch.
    case metaBatch(Int, tasks: Range<Int>)
    /// Whole meta-batches.
    case metaBatches(Range<Int>, of: Int)
    /// A head of a multi-task network.
    case head(String)
    /// Anything else.
    case named(String)

    /// As `bootstrap 7 of 32`, counting from 1.
    public var description: String {
        switch self {
        case .bootstrap(let members, let count): "\(Self.span("bootstrap", members)) of \(count)"
        case .score(let members, let count): "\(Self.span("score of member", members)) of \(count)"
        case .round(let round): "round \(round + 1)"
        case .search(let round, let features, let count):
            "round \(round + 1), \(Self.span("feature", features)) of \(count)"
        case .metaBatch(let batch, let tasks): "\(Self.span("task", tasks)) of meta-batch \(batch + 1)"
        case .metaBatches(let batches, let count):
            "\(Self.span("meta-batch", plural: "meta-batches", batches)) of \(count)"
        case .head(let name): "head \"\(name)\""
        case .named(let name): name
        }
    }

    private static func span(_ noun: String, plural: String? = nil, _ range: Range<Int>) -> String {
        range.count == 1
            ? "\(noun) \(range.lowerBound + 1)"
            : "\(plural ?? noun + "s") \(range.lowerBound + 1) to \(range.upperBound)"
    }
}

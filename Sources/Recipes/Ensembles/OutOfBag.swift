import Tasks
import Tensors

/// What an ensemble scores on rows by the members that did not learn from them.
public struct OutOfBagEstimate: Hashable, Sendable {
    /// The share of right votes among the rows that anybody may vote on; NaN when there are none.
    public var accuracy: Double
    /// The number of such rows.
    public var rows: Int

    /// An estimate.
    public init(accuracy: Double, rows: Int) {
        self.accuracy = accuracy
        self.rows = rows
    }
}

/// Votes on training rows, added up task by task.
struct OutOfBagTally {
    private let sum: Program
    private let score: Program
    private var votes: TensorValue
    private var voters: TensorValue

    init(rows: Int, classes: Int) throws {
        let votesType = TensorType(.f32, [rows, classes])
        let votersType = TensorType(.f32, [rows])
        sum = try Program.trace([
            Port("votes", votesType), Port("voters", votersType), Port("more votes", votesType),
            Port("more voters", votersType),
        ]) { inputs in
            ["votes": inputs[0] + inputs[2], "voters": inputs[1] + inputs[3]]
        }
        score = try Program.trace([
            Port("votes", votesType), Port("voters", votersType), Port("labels", TensorType(.i32, [rows])),
        ]) { inputs in
            let hasVoters = inputs[1] .> 0
            let isRight = and(inputs[0].argMax(axis: 1) .== inputs[2], hasVoters)
            return [
                "right": isRight.converted(to: .i32).sum(), "rows": hasVoters.converted(to: .i32).sum(),
            ]
        }
        votes = TensorValue([Float](repeating: 0, count: rows * classes), shape: votesType.shape)
        voters = TensorValue([Float](repeating: 0, count: rows))
    }

    mutating func add(votes more: TensorValue, voters moreVoters: TensorValue, on local: LocalExecutor) throws {
        let sums = try local.run(sum, [votes, voters, more, moreVoters])
        (votes, voters) = (sums[0], sums[1])
    }

    func estimate(labels: TensorValue, on local: LocalExecutor) throws -> OutOfBagEstimate {
        let counts = try local.run(score, [votes, voters, labels]).map { $0.elements(as: Int32.self)[0] }
        return OutOfBagEstimate(accuracy: Double(counts[0]) / Double(counts[1]), rows: Int(counts[1]))
    }
}

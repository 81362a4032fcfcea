import Tasks
import Tensors

/// The state of boosting between rounds, and the arithmetic that leads from one to the next: programs on the spot, in
/// double precision.
struct Reweighting {
    /// Dₘ: how much each row counts, `f64[rows]`, which add up to 1.
    private(set) var weights: TensorValue
    /// F(x) so far: the votes of all members for each class, `f64[rows, classes]`.
    private var votes: TensorValue
    /// Σ α.
    private var total = TensorValue(scalar: 0.0)
    /// ∏ Zₘ.
    private var bound = TensorValue(scalar: 1.0)

    private let labels: TensorValue
    private let program: Program

    /// The state before the first round: D₁(n) = 1/N.
    init(labels: TensorValue, classes: Int, on local: LocalExecutor) throws {
        let rows = labels.shape.count
        self.labels = labels
        program = try Self.program(rows: rows, classes: classes)
        votes = TensorValue([Double](repeating: 0, count: rows * classes), shape: [rows, classes])
        weights = TensorValue([Double](repeating: 1 / Double(rows), count: rows))
    }

    /// A step that may be taken.
    struct Step {
        /// The weighted error e of what was said.
        var error: Double
        /// Its vote α.
        var alpha: Double
        /// ∏ Zₘ after the step.
        var bound: Double
        /// The share of rows that F gets wrong after the step.
        var trainingError: Double
        /// The state after the step.
        var next: Reweighting
    }

    /// What comes of adding a member to the ensemble.
    ///
    /// - Parameters:
    ///   - says: The class that it gives each row, `i32[rows]`.
    ///   - local: Where to compute.
    /// - Returns: the step, which is not taken yet.
    /// - Throws: `ExecutionError`.
    func step(says: TensorValue, on local: LocalExecutor) throws -> Step {
        let outputs = try local.run(program, [says, labels, weights, votes, total, bound])
        var next = self
        (next.weights, next.votes, next.total, next.bound) = (outputs[0], outputs[1], outputs[2], outputs[3])
        let numbers = outputs[3...].map { $0.elements(as: Double.self)[0] }
        return Step(error: numbers[1], alpha: numbers[2], bound: numbers[0], trainingError: numbers[3], next: next)
    }

    /// A round's arithmetic.
    static func program(rows: Int, classes: Int) throws -> Program {
        let (scalar, count) = (TensorType(.f64, []), Double(classes))
        return try Program.trace([
            Port("says", TensorType(.i32, [rows])), Port("labels", TensorType(.i32, [rows])),
            Port("weights", TensorType(.f64, [rows])), Port("votes", TensorType(.f64, [rows, classes])),
            Port("total", scalar), Port("bound", scalar),
        ]) { inputs in
            let (says, labels, weights, votes) = (inputs[0], inputs[1], inputs[2], inputs[3])
            let (total, bound) = (inputs[4], inputs[5])
            let isWrong = says .!= labels
            let error = select(isWrong, weights, weights.filled(0)).sum()  // e = Σ w [f(x) ≠ y]
            let odds = (1 - error).log() - error.log()
            // α = ½ ln((1 − e) / e) for two classes, and ln((1 − e) / e) + ln(K − 1) for more.
            let boosted = classes == 2 ? odds * 0.5 : odds + error.scalar(count - 1).log()
            let alpha = select(error .== 0, total + 1, boosted)
            // w exp(−α y f(x)), or w exp(α [f(x) ≠ y]), which is the same as w exp(−α [f(x) = y]) once normalised.
            let right = (-alpha).exponential().broadcast(to: [rows])
            let wrong = classes == 2 ? alpha.exponential().broadcast(to: [rows]) : weights.filled(1)
            let unnormalised = weights * select(isWrong, wrong, right)
            let factor =
                classes == 2
                ? (error * (1 - error)).squareRoot() * 2
                : error * (alpha / count).exponential() * (count / (count - 1))
            let all = votes + ballots(of: says, alpha: alpha, classes: classes)
            let isMissed = (all.argMax(axis: 1) .!= labels).converted(to: .f64)
            return [
                "weights": unnormalised / unnormalised.sum(), "votes": all, "total": total + alpha,
                "bound": bound * factor, "error": error, "alpha": alpha, "training error": isMissed.mean(),
            ]
        }
    }
}

/// α for the class that each row is said to have and 0 for the others, `f64[rows, classes]`.
func ballots(of says: Tensor, alpha: Tensor, classes: Int) -> Tensor {
    let shape: Shape = [says.shape[0], classes]
    let isSaid = says.broadcast(to: shape, axes: [0]) .== says.iota(.i32, shape, axis: 1)
    let each = alpha.broadcast(to: shape)
    return select(isSaid, each, each.filled(0))
}

/// How held-out tasks go after 0, 1, 2, … steps of adaptation.
public struct MetaEvaluation: Hashable, Sendable {
    /// A mean over tasks.
    public struct Estimate: Hashable, Sendable {
        /// The mean.
        public var mean: Double
        /// Half the width of the interval around the mean that holds the true one with 95 % probability: 1.96 deviations of
        /// it.
        public var margin: Double
        /// The middle one, or the mean of the two.
        public var median: Double

        /// An estimate.
        public init(mean: Double, margin: Double, median: Double) {
            self.mean = mean
            self.margin = margin
            self.median = median
        }

        init(_ numbers: [Double]) {
            let count = Double(numbers.count)
            let mean = numbers.reduce(0, +) / count
            let squares = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            self.mean = mean
            margin = numbers.count > 1 ? 1.96 * (squares / (count - 1) / count).squareRoot() : .nan
            let ordered = numbers.sorted()
            let middle = numbers.count / 2
            median =
                numbers.isEmpty
                ? .nan : numbers.count % 2 == 1 ? ordered[middle] : (ordered[middle - 1] + ordered[middle]) / 2
        }
    }

    /// The figures after some steps.
    public struct Step: Hashable, Sendable {
        /// The loss on query examples.
        public var loss: Estimate
        /// The share of query examples that are called right; nil for regression.
        public var accuracy: Estimate?

        /// The figures after some steps.
        public init(loss: Estimate, accuracy: Estimate?) {
            self.loss = loss
            self.accuracy = accuracy
        }
    }

    /// The number of tasks.
    public let tasks: Int
    /// The tasks that are left out of all figures, since a loss of theirs was not finite.
    public let diverged: Int
    /// The figures before adaptation, after one step, after two, and so on.
    public let steps: [Step]

    /// Figures.
    public init(tasks: Int, diverged: Int, steps: [Step]) {
        self.tasks = tasks
        self.diverged = diverged
        self.steps = steps
    }

    /// Figures of `[tasks, steps + 1]` numbers.
    init(tasks: Int, steps: Int, losses: [Float], accuracies: [Float]?) {
        let width = steps + 1
        let whole = (0..<tasks).filter { task in
            losses[(task * width)..<((task + 1) * width)].allSatisfy(\.isFinite)
        }
        func estimate(_ numbers: [Float], _ step: Int) -> Estimate {
            Estimate(whole.map { Double(numbers[$0 * width + step]) })
        }
        self.init(
            tasks: tasks,
            diverged: tasks - whole.count,
            steps: (0...steps).map { step in
                Step(loss: estimate(losses, step), accuracy: accuracies.map { estimate($0, step) })
            }
        )
    }
}

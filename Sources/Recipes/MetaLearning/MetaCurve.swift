import Tensors

/// The losses of some meta-batches in a row.
public struct MetaCurvePoint: Hashable, Sendable {
    /// Which meta-batches.
    public var iterations: Range<Int>
    /// The mean loss on support examples before adaptation.
    public var before: Double
    /// The mean loss on query examples after it.
    public var after: Double
    /// How many tasks are left out since their loss was not finite.
    public var diverged: Int

    /// A point of a curve.
    public init(iterations: Range<Int>, before: Double, after: Double, diverged: Int) {
        self.iterations = iterations
        self.before = before
        self.after = after
        self.diverged = diverged
    }
}

/// How the losses go while training goes on, in at most a hundred points.
struct MetaCurve {
    /// For each point: Σ before, Σ after, how many tasks these are, and how many are left out.
    private var sums: [Double]
    private let iterations: Int
    private static let width = 4

    /// A curve over some iterations, of which none is done.
    init(iterations: Int) {
        self.iterations = iterations
        sums = [Double](repeating: 0, count: Self.width * Self.pointCount(iterations))
    }

    /// Reads what `value` wrote; nil when it was a curve over another number of iterations.
    init?(_ value: TensorValue, iterations: Int) {
        guard value.type == TensorType(.f64, [Self.pointCount(iterations), Self.width]) else { return nil }
        sums = value.elements()
        self.iterations = iterations
    }

    /// The sums as a tensor, `f64 [points, 4]`.
    var value: TensorValue { TensorValue(sums, shape: [sums.count / Self.width, Self.width]) }

    /// Adds a meta-batch.
    mutating func add(_ report: MetaBatchReport, iteration: Int) {
        let place = Self.width * (iteration / Self.length(iterations))
        for (offset, number) in [
            report.before, report.after, Double(report.counted), Double(report.diverged),
        ].enumerated() { sums[place + offset] += number }
    }

    /// The means.
    var points: [MetaCurvePoint] {
        let length = Self.length(iterations)
        return (0..<Self.pointCount(iterations)).map { index in
            let row = sums[(Self.width * index)..<(Self.width * (index + 1))]
            let start = row.startIndex
            return MetaCurvePoint(
                iterations: (index * length)..<min((index + 1) * length, iterations),
                before: row[start] / row[start + 2],
                after: row[start + 1] / row[start + 2],
                diverged: Int(row[start + 3])
            )
        }
    }

    private static func length(_ iterations: Int) -> Int { (iterations + 99) / 100 }
    private static func pointCount(_ iterations: Int) -> Int {
        (iterations + length(iterations) - 1) / length(iterations)
    }
}

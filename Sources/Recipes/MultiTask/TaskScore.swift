public import Datasets
import Tensors

/// How well a task is predicted on rows that it did not learn from.
public enum TaskScore: Hashable, Sendable {
    /// The share of rows whose class is right.
    case accuracy(Double, rows: Int)
    /// The root of the mean squared error, in the units of the label, and R² = 1 − Σ(y − ŷ)² / Σ(y − ȳ)², which is NaN
    /// when all labels are equal.
    case error(rootMeanSquare: Double, determination: Double, rows: Int)

    /// The score of what was predicted; nil when no row has a label to compare with, or one of another kind.
    public init?(_ prediction: TaskPrediction, labels column: LabelColumn) {
        let rows = column.isPresent.indices.filter { column.isPresent[$0] }
        guard !rows.isEmpty else { return nil }
        switch (prediction, column.labels) {
        case (.classes(let found, _, _), .classes(let labels)):
            let classes = labels.ofRows
            let right = rows.count { found[$0] == classes[$0] }
            self = .accuracy(Double(right) / Double(rows.count), rows: rows.count)
        case (.numbers(let found), .numbers(let labels)):
            let numbers = labels.floats
            let mean = rows.reduce(0.0) { $0 + Double(numbers[$1]) } / Double(rows.count)
            func squares(_ distance: (Int) -> Double) -> Double { rows.reduce(0) { $0 + distance($1) * distance($1) } }
            let wrong = squares { Double(found[$0]) - Double(numbers[$0]) }
            let spread = squares { Double(numbers[$0]) - mean }
            self = .error(
                rootMeanSquare: (wrong / Double(rows.count)).squareRoot(),
                determination: spread > 0 ? 1 - wrong / spread : .nan,
                rows: rows.count
            )
        default: return nil
        }
    }
}

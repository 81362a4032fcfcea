import Datasets
import Networks
import Tensors
import TestSupport

@testable import Recipes

/// Tables and networks that are small enough to be computed by hand.
enum Example {
    /// The table of `multitask_golden.py`: ten rows with a number and a class, each of which some rows lack.
    static func table() throws -> MultiLabelTable {
        let cells: [(Int, Int)] = (0..<10).flatMap { i in (0..<4).map { (i, $0) } }
        let x: [Float] = cells.map { i, j in Float((i * 7 + j * 3) % 11) / 5 - 1 }
        let heights = TensorValue((0..<10).map { Float(($0 * 3) % 7 + 10) })
        let kinds = try ClassLabels((0..<10).map { Int32(($0 * 5 + 1) % 3) }, names: ["a", "b", "c"])
        return try MultiLabelTable(
            name: "example",
            features: TensorValue(x, shape: [10, 4]),
            labels: [
                LabelColumn("height", labels: .numbers(heights), isPresent: (0..<10).map { $0 % 3 != 0 }),
                LabelColumn("kind", labels: .classes(kinds), isPresent: (0..<10).map { $0 % 4 != 1 }),
            ]
        )
    }

    static let trunk = Sequential {
        Dense(5)
        HyperbolicTangent()
    }

    /// A head that is one map.
    static func head(_ outputs: Int) -> Sequential { Sequential { Dense(outputs) } }

    /// Tasks that are different views of a few hidden quantities z = tanh(x W): numbers z·a and the sign of one.
    ///
    /// - Parameters:
    ///   - rows: How many rows there are to learn from.
    ///   - labelled: How many of the rows have a label of each task, each task others.
    ///   - numbers: How many tasks are numbers; one more is a class.
    ///   - seed: Where they are drawn from.
    /// - Returns: the rows to learn from, and others to test on.
    /// - Throws: never.
    static func related(
        rows: Int,
        labelled: Int,
        numbers: Int,
        seed: UInt64
    ) throws -> (training: MultiLabelTable, test: MultiLabelTable) {
        var random = Seeded(seed)
        func uniform() -> Float { Float.random(in: -1...1, using: &random) }
        let (features, hidden) = (12, 3)
        let mixing = (0..<(features * hidden)).map { _ in uniform() }
        let views = (0...numbers).map { _ in (0..<hidden).map { _ in uniform() } }
        func part(rows: Int, labelled: Int) throws -> MultiLabelTable {
            let x = (0..<(rows * features)).map { _ in uniform() }
            let seen = (0..<rows).map { row in
                let z = (0..<hidden).map { h in
                    let sum = (0..<features).reduce(0 as Float) {
                        $0 + x[row * features + $1] * mixing[$1 * hidden + h]
                    }
                    return max(-1, min(1, sum))
                }
                return views.map { view in zip(view, z).reduce(0 as Float) { $0 + $1.0 * $1.1 } }
            }
            let columns = try (0...numbers).map { task in
                let chosen = Set((0..<rows).shuffled(using: &random).prefix(labelled))
                let says = seen.map { $0[task] }
                let labels: Labels =
                    task < numbers
                    ? .numbers(TensorValue(says.map { 100 + 20 * $0 }))
                    : .classes(try ClassLabels(says.map { $0 > 0 ? 1 : 0 }, names: ["minus", "plus"]))
                return try LabelColumn("task \(task)", labels: labels, isPresent: (0..<rows).map(chosen.contains))
            }
            return try MultiLabelTable(
                name: "related",
                features: TensorValue(x, shape: [rows, features]),
                labels: columns
            )
        }
        return (try part(rows: rows, labelled: labelled), try part(rows: 200, labelled: 200))
    }
}

extension MultiTaskModel {
    /// All weights, by which models are compared.
    var allWeights: [NamedWeights] { [trunkWeights] + tasks.map(\.weights) }
}

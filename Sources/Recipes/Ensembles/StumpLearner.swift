import Datasets
import Tasks
import Tensors

/// Finds stumps. The features are put in order once; the orders stay on the workers, and a round sends them its weights.
struct StumpLearner: WeakLearner {
    /// Some of the features, which one task searches: always the same ones, whoever does it.
    private struct Shard {
        var features: Range<Int>
        var search: Program
        var order: TaskOutputs
    }

    private let columns: [TensorValue]
    private let shards: [Shard]
    private let says: Program

    /// Puts the features in order.
    init(_ data: Dataset, featuresPerTask: Int, on cluster: some Cluster) async throws {
        let (rows, count) = (data.rowCount, data.featureCount)
        let classes = try data.classes
        let columns = data.columns
        let ranges = (0..<count).cut(into: featuresPerTask)
        let searches = try Traced(ranges.map(\.count)) { features in
            try StumpSearch(features: features, rows: rows, classes: classes.names.count)
        }
        let labels = try await cluster.share(classes.indices)
        shards = try await cluster.concurrently(over: ranges) { features in
            let programs = searches[features.count]
            let part = TensorValue(features.flatMap { columns[$0].floats }, shape: [features.count, rows])
            let order = try await cluster.run(
                programs.order,
                Work(
                    .named("order of features \(features.lowerBound + 1) to \(features.upperBound)"),
                    inputs: [.value(part), .handle(labels)],
                    keeping: .untilSnapshot
                )
            )
            return Shard(features: features, search: programs.search, order: order)
        }
        self.columns = columns
        says = try Self.says(rows: rows)
    }

    /// What a stump says of each row.
    static func says(rows: Int) throws -> Program {
        try Program.trace([
            Port("column", TensorType(.f32, [rows])), Port("threshold", TensorType(.f32, [])),
            Port("below", TensorType(.i32, [])), Port("above", TensorType(.i32, [])),
        ]) { inputs in
            let isBelow = inputs[0] .<= inputs[1]
            return ["says": select(isBelow, inputs[2].broadcast(to: [rows]), inputs[3].broadcast(to: [rows]))]
        }
    }

    /// The best stump of all shards; of equals that of the first features.
    func fit(round: Int, weights: TensorValue, on cluster: some Cluster) async throws -> Hypothesis<Stump> {
        let count = columns.count
        let found = try await cluster.concurrently(over: shards) { shard in
            let role =
                shards.count == 1 ? Role.round(round) : .search(round: round, features: shard.features, of: count)
            let inputs = shard.order.handles.map(TaskInput.handle) + [.value(weights)]
            let best = try await cluster.run(shard.search, Work(role, inputs: inputs))
            return (first: shard.features.lowerBound, best: best, error: try await best["error"].value)
        }
        let errors = found.map { $0.error.elements(as: Double.self)[0] }
        guard let least = errors.min(), least <= 1, let index = errors.firstIndex(of: least) else { return .nothing }
        let best = found[index].best
        let feature = try await found[index].first + Int(best["feature"].value.elements(as: Int32.self)[0])
        let (threshold, below, above) = try await (
            best["threshold"].value, best["below"].value, best["above"].value
        )
        let stump = Stump(
            feature: feature,
            threshold: threshold.floats[0],
            below: Int(below.elements(as: Int32.self)[0]),
            above: Int(above.elements(as: Int32.self)[0])
        )
        let says = try cluster.local.run(says, [columns[feature], threshold, below, above])[0]
        return .learned(stump, says: says)
    }
}

extension Dataset {
    /// Each feature of all rows, `f32[rows]`.
    fileprivate var columns: [TensorValue] {
        let values = features.floats
        return (0..<featureCount).map { feature in
            TensorValue(stride(from: feature, to: values.count, by: featureCount).map { values[$0] })
        }
    }
}

import Datasets
import Networks
import Optimizers
import Tasks
import Tensors

/// Trains networks by weighted loss. A long fit is a chain of tasks, so that a kill costs a segment.
struct NetworkLearner: WeakLearner {
    private let segments: [(first: Int, segment: FitSegment)]
    private let programs: Traced<FitSegment, Program>
    private let weightNames: [String]
    private let key: RandomKey
    private let x: Handle
    private let labels: Handle

    /// A learner on some data.
    ///
    /// - Parameters:
    ///   - learner: How each network learns.
    ///   - data: What it learns from.
    ///   - key: A round draws from the key's child of its number.
    ///   - epochsPerTask: The epochs of a segment; nil leaves it to their cost.
    ///   - cluster: Where the data is kept.
    /// - Throws: what tracing and the cluster throw.
    init(
        _ learner: Learner,
        _ data: Dataset,
        key: RandomKey,
        epochsPerTask: Int?,
        on cluster: some Cluster
    ) async throws {
        self.key = key
        segments = learner.segments(
            rows: data.rowCount,
            features: data.featureCount,
            lanes: 1,
            epochsPerTask: epochsPerTask
        )
        let example: Shape = [data.featureCount]
        let state = try learner.statePorts(for: example)
        weightNames = try learner.model.parameterPorts(for: example).map(\.name)
        programs = try Traced(segments.map(\.segment)) { segment in
            try Self.fit(learner, segment, state: state, rows: data.rowCount, example: example)
        }
        x = try await cluster.share(data.features)
        labels = try await cluster.share(data.classes.indices)
    }

    /// Some epochs of training.
    ///
    /// Inputs: `x`, `labels`, `weights`, `key`, the number of the `first epoch` and, unless it is 0, the state. Outputs: the
    /// state or, after the last epoch, the network's weights `[1, …]`, `divergence`, and what it `says` of each row.
    static func fit(
        _ learner: Learner,
        _ segment: FitSegment,
        state: [Port],
        rows: Int,
        example: Shape
    ) throws -> Program {
        let ports = [
            Port("x", TensorType(.f32, Shape([rows] + example.sizes))), Port("labels", TensorType(.i32, [rows])),
            Port("weights", TensorType(.f64, [rows])), Port("key", TensorType(.u32, [2])),
            Port("first epoch", TensorType(.i32, [])),
        ]
        let carried = segment.isFirst ? [] : state
        return try Program.trace(ports + carried) { inputs in
            let (x, labels, key) = (inputs[0], inputs[1], Key(inputs[3]))
            let weights = (inputs[2] * Double(rows)).converted(to: .f32)  // 1 on the average
            let start =
                segment.isFirst
                ? try learner.start(example: example, key: key["weights"])
                : TrainingState(named: Parameters(names: carried.map(\.name), tensors: Array(inputs[5...])))
            let trained = learner.fit(start, segment, from: inputs[4], rows: rows, key: key["order"]) { chosen in
                LabelledRows(x: x.rows(at: chosen), labels: labels.rows(at: chosen), weights: weights.rows(at: chosen))
            }
            guard segment.isLast else { return trained.named.outputs }
            let parameters = trained.network.parameters
            return parameters.map { $0.reshaped(Shape([1] + $0.shape.sizes)) }.outputs + [
                (name: "divergence", tensor: trained.divergence),
                (name: "says", tensor: learner.model(x, parameters).argMax(axis: 1)),
            ]
        }
    }

    /// The network of a round, as weights of one member.
    func fit(round: Int, weights: TensorValue, on cluster: some Cluster) async throws -> Hypothesis<StackedWeights> {
        var state: TaskOutputs?
        for (first, segment) in segments {
            let inputs: [TaskInput] = [
                .handle(x), .handle(labels), .value(weights), .value(key.child(round).value),
                .value(TensorValue(scalar: Int32(first))),
            ]
            let carried = state.map { $0.handles.map(TaskInput.handle) } ?? []
            state = try await cluster.run(programs[segment], Work(.round(round), inputs: inputs + carried))
        }
        guard let trained = state else { preconditionFailure("there is at least one segment") }
        let step = try await Int(trained["divergence"].value.elements(as: Int32.self)[0])
        guard step < 0 else { return .diverged(step: step) }
        return .learned(
            try await StackedWeights(names: weightNames, of: trained),
            says: try await trained["says"].value
        )
    }
}

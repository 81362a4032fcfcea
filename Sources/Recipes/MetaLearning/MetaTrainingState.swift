import Tasks
import Tensors

/// Where meta-training is.
struct MetaTrainingState {
    /// How many meta-batches are done.
    private(set) var iteration = 0
    /// θ, as one vector.
    private(set) var parameters: TensorValue
    /// What the optimiser remembers.
    private(set) var optimizer: (names: [String], values: [TensorValue])
    /// The losses so far.
    private(set) var curve: MetaCurve

    /// The beginning.
    init(parameters: TensorValue, optimizer: (names: [String], values: [TensorValue]), iterations: Int) {
        self.parameters = parameters
        self.optimizer = optimizer
        curve = MetaCurve(iterations: iterations)
    }

    /// Goes on from a snapshot.
    ///
    /// - Throws: `RecipeError.weights` when it lacks something.
    init(_ snapshot: Snapshot, optimizer names: [String], iterations: Int) throws(RecipeError) {
        guard let parameters = snapshot.tensors["parameters"],
            let curve = snapshot.tensors["curve"].flatMap({ MetaCurve($0, iterations: iterations) })
        else { throw .weights("the snapshot is not one of this training") }
        var values: [TensorValue] = []
        for name in names {
            guard let value = snapshot.tensors[name] else { throw .weights("the snapshot has no '\(name)'") }
            values.append(value)
        }
        iteration = snapshot.step
        self.parameters = parameters
        optimizer = (names, values)
        self.curve = curve
    }

    /// What has to be kept to go on from here.
    var snapshot: Snapshot {
        var tensors = ["parameters": parameters, "curve": curve.value]
        for (name, value) in zip(optimizer.names, optimizer.values) { tensors[name] = value }
        return Snapshot(step: iteration, tensors: tensors)
    }

    /// The state after one more meta-batch.
    mutating func advance(parameters: TensorValue, optimizer: [TensorValue], report: MetaBatchReport) {
        curve.add(report, iteration: iteration)
        self.parameters = parameters
        self.optimizer.values = optimizer
        iteration += 1
    }
}

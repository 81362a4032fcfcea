import Tasks
import Tensors

/// Where meta-training is.
struct MetaTrainingState {
    /// How many meta-batches are done.
    private(set) var iteration = 0
    /// θ and what the optimiser remembers, packed.
    private(set) var network: TensorValue
    /// The losses so far.
    private(set) var curve: MetaCurve

    /// The beginning.
    init(network: TensorValue, iterations: Int) {
        self.network = network
        curve = MetaCurve(iterations: iterations)
    }

    /// Goes on from a snapshot.
    ///
    /// - Throws: `RecipeError.weights` when it is of another network or training than this beginning.
    init(_ snapshot: Snapshot, like start: MetaTrainingState, iterations: Int) throws(RecipeError) {
        guard let network = snapshot.tensors["network"], network.type == start.network.type,
            let curve = snapshot.tensors["curve"].flatMap({ MetaCurve($0, iterations: iterations) })
        else { throw .weights("the snapshot is not one of this training") }
        iteration = snapshot.step
        self.network = network
        self.curve = curve
    }

    /// What has to be kept to go on from here.
    var snapshot: Snapshot { Snapshot(step: iteration, tensors: ["network": network, "curve": curve.value]) }

    /// The state after one more meta-batch.
    mutating func advance(to network: TensorValue, report: MetaBatchReport) {
        curve.add(report, iteration: iteration)
        self.network = network
        iteration += 1
    }
    /// The state after some more meta-batches of which all is finite.
    ///
    /// - Parameters:
    ///   - network: What they lead to.
    ///   - count: How many.
    ///   - losses: Before and after adaptation, for each of their tasks in order, and maybe of others after them.
    ///   - batch: The tasks of a meta-batch.
    mutating func advance(to network: TensorValue, after count: Int, losses: [Float], batch: Int) {
        for index in 0..<count {
            let report = MetaBatchReport(finite: losses[(2 * batch * index)..<(2 * batch * (index + 1))])
            curve.add(report, iteration: iteration + index)
        }
        self.network = network
        iteration += count
    }
}

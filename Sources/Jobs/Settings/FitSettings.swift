import Datasets
import Networks
import Recipes
import Tensors

/// How one network is trained: its layers, the optimiser, how long and in what batches.
public struct FitSettings: Sendable, Hashable {
    /// The layers.
    public var network: NetworkSetting
    /// What turns gradients into steps.
    public var optimizer: OptimizerSetting
    /// How often each example is seen.
    public var epochs: Int
    /// Examples in a step.
    public var batch: Int

    static let keys = ["model", "optimizer", "epochs", "batch"]

    /// Reads `model`, `optimizer`, `epochs` and `batch`.
    init(reading job: Section) throws(DocumentError) {
        network = try NetworkSetting(reading: job.section("model", keys: ["layers"]), default: LayerSetting.standard)
        optimizer = try OptimizerSetting(in: job)
        epochs = try job.integer("epochs", in: 1...1_000_000, default: 20)
        batch = try job.integer("batch", in: 1...1_000_000, default: 32)
    }

    /// The network and how it learns, for data of this form.
    ///
    /// - Throws: `DocumentError.refused` when the layers do not fit each other or the data.
    func learner(for data: Dataset) throws -> Learner {
        let classes = try data.classes.names.count
        let (model, output) = try network.model(outputs: classes, for: [data.featureCount])
        if let layer = model.layers.first(where: \.usesBatchStatistics) {
            let name = layer.specification.name
            throw DocumentError.refused(
                network.place,
                "the layer '\(name)' uses the statistics of a whole batch, but members predict rows one by one. "
                    + "Leave '\(name)' out."
            )
        }
        guard output == [classes] else {
            throw DocumentError.refused(
                network.place,
                "the last layer gives \(output) for each example, but '\(data.name)' has \(classes) classes. "
                    + "End with {dense: \(classes)}, or {dense: classes}."
            )
        }
        return Learner(model, optimizer: optimizer.transform, epochs: epochs, batch: batch)
    }

    var canonical: [String: JSON] {
        [
            "model": network.canonical,
            "optimizer": optimizer.canonical,
            "epochs": .integer(epochs),
            "batch": .integer(batch),
        ]
    }
}

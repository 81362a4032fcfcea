import Datasets
import Networks
import Recipes
import Tensors

/// How one network is trained: its layers, the optimiser, how long and in what batches.
public struct FitSettings: Sendable, Hashable {
    /// The layers, first to last.
    public var layers: [LayerSetting]
    /// Where the layers were written.
    public var layersPlace: Place
    /// What turns gradients into steps.
    public var optimizer: OptimizerSetting
    /// How often each example is seen.
    public var epochs: Int
    /// Examples in a step.
    public var batch: Int

    static let keys = ["model", "optimizer", "epochs", "batch"]

    /// Reads `model`, `optimizer`, `epochs` and `batch`.
    init(reading job: Section) throws(DocumentError) {
        let model = try job.section("model", keys: ["layers"])
        layersPlace = model.place(of: "layers")
        layers = LayerSetting.standard
        if let field = model["layers"] { layers = try LayerSetting.list(reading: field, "model.layers") }
        optimizer = .standard
        if let field = job["optimizer"] { optimizer = try OptimizerSetting(reading: field) }
        epochs = try job.integer("epochs", in: 1...1_000_000, default: 20)
        batch = try job.integer("batch", in: 1...1_000_000, default: 32)
    }

    /// The network and how it learns, for data of this form.
    ///
    /// - Throws: `DocumentError.refused` when the layers do not fit each other or the data.
    func learner(for data: Dataset) throws -> Learner {
        let classes = try data.classes.names.count
        let output: Shape
        let model: Sequential
        do {
            model = try Sequential(layers.map { $0.resolved(classes: classes) })
            output = try model.outputShape(for: [data.featureCount])
        } catch {
            throw DocumentError.refused(layersPlace, "\(error).")
        }
        if let layer = model.layers.first(where: \.usesBatchStatistics) {
            let name = layer.specification.name
            throw DocumentError.refused(
                layersPlace,
                "the layer '\(name)' uses the statistics of a whole batch, but members predict rows one by one. "
                    + "Leave '\(name)' out."
            )
        }
        guard output == [classes] else {
            throw DocumentError.refused(
                layersPlace,
                "the last layer gives \(output) for each example, but '\(data.name)' has \(classes) classes. "
                    + "End with {dense: \(classes)}, or {dense: classes}."
            )
        }
        return Learner(model, optimizer: optimizer.transform, epochs: epochs, batch: batch)
    }

    var canonical: [String: JSON] {
        [
            "model": .object(["layers": .list(layers.map(\.canonical))]),
            "optimizer": optimizer.canonical,
            "epochs": .integer(epochs),
            "batch": .integer(batch),
        ]
    }
}

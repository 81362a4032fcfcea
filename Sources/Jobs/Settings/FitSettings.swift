/// How one network is trained: its layers, the optimiser, how long and in what batches.
public struct FitSettings: Sendable, Hashable {
    /// The layers, first to last.
    public var layers: [LayerSpec]
    /// What turns gradients into steps.
    public var optimizer: OptimizerSpec
    /// How often each example is seen.
    public var epochs: Int
    /// Examples in a step.
    public var batch: Int

    static let keys = ["model", "optimizer", "epochs", "batch"]

    /// Reads `model`, `optimizer`, `epochs` and `batch`.
    init(reading job: Section) throws(DocumentError) {
        let model = try job.section("model", keys: ["layers"])
        layers =
            try model["layers"].map { (field) throws(DocumentError) in try LayerSpec.list(reading: field) }
            ?? LayerSpec.standard
        optimizer =
            try job["optimizer"].map { (field) throws(DocumentError) in try OptimizerSpec(reading: field) }
            ?? .standard
        epochs = try job.integer("epochs", in: 1...1_000_000, default: 20)
        batch = try job.integer("batch", in: 1...1_000_000, default: 32)
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

/// All layers by the names that job files use.
public enum LayerTable {
    /// One kind of layer: its name, the setting that stands for itself in `{dense: 64}`, and how to make it.
    public struct Row: Sendable {
        /// The name in job files.
        public let name: String
        /// The setting that `{name: value}` sets; nil for a layer that has no such setting.
        public let principalSetting: String?
        /// A value of it, as an example.
        public let example: LayerSpecification.Value
        /// Whether that is a number of things, of which there can be one for each class.
        public var takesCount: Bool { principalSetting == "units" || principalSetting == "filters" }
        /// Whether the layer means something without any setting.
        public let standsAlone: Bool
        let make: @Sendable (LayerSpecification) throws(LayerError) -> any Layer

        init(
            _ name: String,
            _ principalSetting: String? = nil,
            example: LayerSpecification.Value = 64,
            standsAlone: Bool = false,
            make: @escaping @Sendable (LayerSpecification) throws(LayerError) -> any Layer
        ) {
            self.name = name
            self.principalSetting = principalSetting
            self.example = example
            self.standsAlone = standsAlone || principalSetting == nil
            self.make = make
        }
    }

    /// Every kind of layer.
    public static let rows: [Row] = [
        Row("batch_norm", make: BatchNorm.init(specification:)),
        Row("conv", "filters", make: Convolution2D.init(specification:)),
        Row("dense", "units", make: Dense.init(specification:)),
        Row("flatten", make: Flatten.init(specification:)),
        Row("image", "shape", example: [28, 28, 1], make: ImageShape.init(specification:)),
        Row("max_pool", "window", example: 2, standsAlone: true, make: MaxPool.init(specification:)),
        Row("relu", make: ReLU.init(specification:)),
        Row("tanh", make: HyperbolicTangent.init(specification:)),
    ]

    /// Makes a layer.
    ///
    /// - Throws: `LayerError` for an unknown name or a wrong setting.
    public static func layer(_ specification: LayerSpecification) throws(LayerError) -> any Layer {
        guard let row = rows.first(where: { $0.name == specification.name }) else {
            throw .unknownLayer(specification.name, known: rows.map(\.name))
        }
        return try row.make(specification)
    }
}

/// A layer by name and settings, as job files and saved models write it.
public struct LayerSpecification: Hashable, Sendable {
    /// `dense`, `relu`, …
    public var name: String
    /// Numbers by name, such as `units`.
    public var settings: [String: Double]

    /// A layer by name.
    public init(_ name: String, _ settings: [String: Double] = [:]) {
        self.name = name
        self.settings = settings
    }

    /// A whole number in a range.
    ///
    /// - Throws: `LayerError.setting` when it is missing or not such a number.
    func integer(_ setting: String, in range: ClosedRange<Int>) throws(LayerError) -> Int {
        guard let number = settings[setting] else {
            throw .setting(layer: name, name: setting, reason: "is missing")
        }
        guard let integer = Int(exactly: number), range.contains(integer) else {
            throw .setting(
                layer: name,
                name: setting,
                reason: "is \(number), and must be a whole number from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        return integer
    }

    /// - Throws: `LayerError.setting` when there are other settings than these.
    func only(_ allowed: [String]) throws(LayerError) {
        for setting in settings.keys.sorted() where !allowed.contains(setting) {
            let list = allowed.isEmpty ? "it has none" : "it has \(allowed.joined(separator: ", "))"
            throw .setting(layer: name, name: setting, reason: "does not exist; \(list)")
        }
    }
}

/// All layers by the names that job files use.
public enum LayerTable {
    /// One kind of layer: its name, the setting that stands for itself in `{dense: 64}`, and how to make it.
    public struct Row: Sendable {
        /// The name in job files.
        public let name: String
        /// The setting that `{name: number}` sets; nil for a layer without settings.
        public let principalSetting: String?
        let make: @Sendable (LayerSpecification) throws(LayerError) -> any Layer
    }

    /// Every kind of layer.
    public static let rows: [Row] = [
        Row(name: "dense", principalSetting: "units", make: Dense.init(specification:)),
        Row(name: "relu", principalSetting: nil, make: ReLU.init(specification:)),
        Row(name: "tanh", principalSetting: nil, make: HyperbolicTangent.init(specification:)),
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

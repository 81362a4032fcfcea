/// A layer by name and settings, as job files and saved models write it.
public struct LayerSpecification: Hashable, Sendable {
    /// What a setting can be.
    public enum Value: Hashable, Sendable {
        /// A number, such as how many units.
        case number(Double)
        /// Numbers in order, such as sizes.
        case numbers([Double])
        /// A word, such as a kind of padding.
        case word(String)
    }

    /// `dense`, `relu`, …
    public var name: String
    /// Values by name, such as `units`.
    public var settings: [String: Value]

    /// A layer by name.
    public init(_ name: String, _ settings: [String: Value] = [:]) {
        self.name = name
        self.settings = settings
    }

    /// A whole number in a range.
    ///
    /// - Throws: `LayerError.setting` when it is missing and has no default, or is not such a number.
    func integer(
        _ setting: String,
        in range: ClosedRange<Int>,
        default standard: Int? = nil
    ) throws(LayerError) -> Int {
        guard let value = settings[setting] else {
            guard let standard else { throw missing(setting) }
            return standard
        }
        guard case .number(let number) = value, let integer = Int(exactly: number), range.contains(integer) else {
            throw wrong(setting, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return integer
    }

    /// A number above 0.
    ///
    /// - Throws: `LayerError.setting` when it is not such a number.
    func positive(_ setting: String, default standard: Double) throws(LayerError) -> Double {
        guard let value = settings[setting] else { return standard }
        guard case .number(let number) = value, number > 0, number.isFinite else {
            throw wrong(setting, "must be a number above 0")
        }
        return number
    }

    /// Whole numbers in a range.
    ///
    /// - Throws: `LayerError.setting` when they are missing or not so many such numbers.
    func integers(
        _ setting: String,
        in range: ClosedRange<Int>,
        count: Int
    ) throws(LayerError) -> [Int] {
        guard let value = settings[setting] else { throw missing(setting) }
        guard case .numbers(let numbers) = value, numbers.count == count,
            numbers.allSatisfy({ Int(exactly: $0).map(range.contains) ?? false })
        else {
            throw wrong(
                setting,
                "must be a list of \(count) whole numbers from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        return numbers.map { Int($0) }
    }

    /// One of a few words.
    ///
    /// - Throws: `LayerError.setting` when it is another.
    func word<Word: CaseIterable & RawRepresentable<String>>(
        _ setting: String,
        default standard: Word
    ) throws(LayerError) -> Word {
        guard let value = settings[setting] else { return standard }
        guard case .word(let text) = value, let word = Word(rawValue: text) else {
            throw wrong(setting, "must be \(Word.allCases.map(\.rawValue).joined(separator: " or "))")
        }
        return word
    }

    /// - Throws: `LayerError.setting` when there are other settings than these.
    func only(_ allowed: [String]) throws(LayerError) {
        for setting in settings.keys.sorted() where !allowed.contains(setting) {
            let list = allowed.isEmpty ? "it has none" : "it has \(allowed.joined(separator: ", "))"
            throw .setting(layer: name, name: setting, reason: "does not exist; \(list)")
        }
    }

    private func missing(_ setting: String) -> LayerError {
        .setting(layer: name, name: setting, reason: "is missing")
    }

    private func wrong(_ setting: String, _ allowed: String) -> LayerError {
        let found = settings[setting]?.description ?? "missing"
        return .setting(layer: name, name: setting, reason: "is \(found), and \(allowed)")
    }
}

extension LayerSpecification.Value: ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByStringLiteral,
    ExpressibleByArrayLiteral, CustomStringConvertible
{
    /// A whole number.
    public init(_ number: Int) { self = .number(Double(number)) }
    /// A literal such as `64`.
    public init(integerLiteral number: Int) { self.init(number) }
    /// A literal such as `1e-5`.
    public init(floatLiteral number: Double) { self = .number(number) }
    /// A literal such as `"same"`.
    public init(stringLiteral word: String) { self = .word(word) }
    /// A literal such as `[28, 28, 1]`.
    public init(arrayLiteral numbers: Int...) { self = .numbers(numbers.map(Double.init)) }

    /// As `2.5`, `[28, 28, 1]` or `'same'`; a whole number without a point.
    public var description: String {
        let plain = { (number: Double) in Int(exactly: number).map { "\($0)" } ?? "\(number)" }
        return switch self {
        case .number(let number): plain(number)
        case .numbers(let numbers): "[\(numbers.map(plain).joined(separator: ", "))]"
        case .word(let word): "'\(word)'"
        }
    }
}

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

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

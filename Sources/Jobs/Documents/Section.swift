/// A mapping of a document whose keys are known, read key by key with defaults.
///
/// What is asked for is checked; every failure says the place, the key's whole path, what was found and what is allowed.
package struct Section: Sendable {
    /// The keys that lead here from the document's root, joined by dots; empty at the root.
    package let path: String
    /// Where the mapping begins.
    package let place: Place
    private let entries: [Field.Entry]

    /// A section with a fixed set of keys.
    ///
    /// - Parameters:
    ///   - field: The mapping; nothing is an empty one.
    ///   - path: The keys that lead to it.
    ///   - keys: Every key that it may have; nil when any is allowed.
    /// - Throws: `DocumentError.value` unless it is a mapping, `.unknownKey`.
    package init(_ field: Field, path: String, keys: [String]?) throws(DocumentError) {
        self.path = path
        self.place = field.place
        switch field.content {
        case .nothing: entries = []
        case .mapping(let found): entries = found
        default:
            let expected = keys.map { "a mapping with the keys \($0.sorted().joined(separator: ", "))" } ?? "a mapping"
            throw .value(field.place, key: path.isEmpty ? "the document" : path, expected: expected, found: field.found)
        }
        if let keys { try check(keys) }
    }

    /// The same section, which may have these keys only.
    ///
    /// - Throws: `DocumentError.unknownKey`.
    package func with(keys: [String]) throws(DocumentError) -> Section {
        try check(keys)
        return self
    }

    private func check(_ keys: [String]) throws(DocumentError) {
        for entry in entries where !keys.contains(entry.key) {
            throw .unknownKey(entry.place, key: Self.join(path, entry.key), known: keys)
        }
    }

    /// A section that nobody wrote.
    package static func empty(path: String, at place: Place) -> Section { Section(path: path, place: place) }

    private init(path: String, place: Place) {
        self.path = path
        self.place = place
        entries = []
    }

    /// The names of what the mapping holds, in its order.
    package var keys: [String] { entries.map(\.key) }

    /// The value of a key as it was written; nil when it is absent or empty.
    package subscript(key: String) -> Field? {
        guard let field = entries.first(where: { $0.key == key })?.value else { return nil }
        if case .nothing = field.content { return nil }
        return field
    }

    /// Where a key was written.
    package func place(of key: String) -> Place { entries.first { $0.key == key }?.place ?? place }

    /// The whole path of a key, as `--set` takes it.
    package func path(of key: String) -> String { Self.join(path, key) }

    /// The value of a key that has no default.
    ///
    /// - Throws: `DocumentError.missing`.
    package func required(_ key: String, _ expected: String) throws(DocumentError) -> Field {
        guard let field = self[key] else { throw .missing(place, key: path(of: key), expected: expected) }
        return field
    }

    /// The section under a key, empty when absent.
    package func section(_ key: String, keys: [String]?) throws(DocumentError) -> Section {
        guard let field = self[key] else { return .empty(path: path(of: key), at: place) }
        return try Section(field, path: path(of: key), keys: keys)
    }

    /// A whole number.
    package func integer(_ key: String, in range: ClosedRange<Int>, default standard: Int) throws(DocumentError) -> Int
    {
        guard let field = self[key] else { return standard }
        return try field.integer(path(of: key), in: range)
    }

    /// A number.
    package func number(_ key: String, _ range: NumberRange, default standard: Double) throws(DocumentError) -> Double {
        guard let field = self[key] else { return standard }
        return try field.number(path(of: key), range)
    }

    /// A truth value.
    package func flag(_ key: String, default standard: Bool) throws(DocumentError) -> Bool {
        guard let field = self[key] else { return standard }
        return try field.flag(path(of: key))
    }

    /// One of a few words.
    package func word<Word: CaseIterable & RawRepresentable<String>>(
        _ key: String,
        default standard: Word
    ) throws(DocumentError) -> Word {
        guard let field = self[key] else { return standard }
        return try field.word(path(of: key))
    }

    private static func join(_ path: String, _ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
}

package import Datasets

extension Section {
    /// A list of names that are all different, at least one.
    package func names(_ key: String) throws(DocumentError) -> [String] {
        let field = try required(key, "a list of names")
        var names: [String] = []
        for item in try field.list(key, of: "names") { names.append(try item.text(key, "a name")) }
        guard !names.isEmpty, Set(names).count == names.count else {
            throw .value(field.place, key: key, expected: "names that are all different", found: "\(names.count) names")
        }
        return names
    }

    /// A column of a file as `CSV.Column.json` wrote it; nil when there is none.
    package func column(_ key: String) throws(DocumentError) -> CSV.Column? {
        guard let field = self[key] else { return nil }
        switch field.content {
        case .plain: return .number(try field.integer(key, in: .min ... .max))
        case .quoted(let name): return .named(name)
        default: return nil
        }
    }
}

extension CSV.Column {
    /// A name as a text, a number as a number.
    package var json: JSON {
        switch self {
        case .named(let name): .text(name)
        case .number(let number): .integer(number)
        }
    }
}

/// A value that replaces one of a document: `--set ensemble.members=8`.
public struct Override: Hashable, Sendable {
    /// The keys that lead to the value, joined by dots; a number is a position in a list, from 0.
    public let key: String
    /// The new value, as it would stand in the document.
    public let value: String
    /// What the user wrote, for messages, and where paths in it begin.
    public let place: Place

    /// A replacement that is not written as `key=value`, such as `--seed 3`.
    public init(key: String, value: String, option: String) {
        self.key = key
        self.value = value
        self.place = .option(option, folder: nil)
    }

    /// Reads the argument of `--set`. Relative paths in it begin at a folder, or at the current one.
    ///
    /// - Throws: `DocumentError.refused` unless it has the form `key=value`, with a value.
    public init(_ argument: String, in folder: String? = nil) throws(DocumentError) {
        place = .option("--set \(argument)", folder: folder)
        guard let equals = argument.firstIndex(of: "="), equals != argument.startIndex else {
            throw .refused(place, "expected key=value, such as --set ensemble.members=8.")
        }
        key = String(argument[..<equals])
        value = String(argument[argument.index(after: equals)...])
        guard value.contains(where: { !$0.isWhitespace }) else {
            throw .refused(place, "there is no value after '='; write null for the default.")
        }
    }

    /// Applies the replacement.
    ///
    /// A bare choice on the way opens up: `optimizer.adam.rate=0.01` turns `optimizer: adam` into `{adam: {rate: 0.01}}`.
    ///
    /// - Throws: `DocumentError` when the value is not valid YAML, or the key leads into a value that has no parts.
    func apply(to document: inout Field) throws(DocumentError) {
        let keys = key.split(separator: ".", omittingEmptySubsequences: false)
        guard keys.count <= Field.depthLimit else {
            throw .excessive(place, what: "the key has \(keys.count) parts", limit: "\(Field.depthLimit)")
        }
        let new = try Field(yaml: value) { _, _ in place }
        try replace(keys[...], walked: "", in: &document, by: new)
    }

    private func replace(
        _ keys: ArraySlice<Substring>,
        walked: String,
        in field: inout Field,
        by new: Field
    ) throws(DocumentError) {
        guard let first = keys.first else {
            field = new
            return
        }
        let key = String(first)
        let path = walked.isEmpty ? key : "\(walked).\(key)"
        guard !key.isEmpty else { throw .refused(place, "the key '\(self.key)' has an empty part.") }
        switch field.content {
        case .list(var items):
            guard let index = Int(key), items.indices.contains(index) else {
                let allowed = items.isEmpty ? "is an empty list" : "is a list: its parts are 0 to \(items.count - 1)"
                throw .refused(place, "'\(walked)' \(allowed).")
            }
            try replace(keys.dropFirst(), walked: path, in: &items[index], by: new)
            field.content = .list(items)
        case .mapping(var entries):
            if let index = entries.firstIndex(where: { $0.key == key }) {
                entries[index].place = place
                try replace(keys.dropFirst(), walked: path, in: &entries[index].value, by: new)
            } else {
                entries.append(try entry(key, keys.dropFirst(), walked: path, new))
            }
            field.content = .mapping(entries)
        case .nothing:
            field = Field(.mapping([try entry(key, keys.dropFirst(), walked: path, new)]), at: place)
        case .plain(key), .quoted(key):
            field.content = .mapping([try entry(key, keys.dropFirst(), walked: path, new)])
        case .plain, .quoted:
            let advice = Self.isName(field.content) ? " Replace it as a whole: --set '\(whole(walked, keys))'." : ""
            throw .refused(place, "'\(walked)' is \(field.found), which has no part '\(key)'.\(advice)")
        }
    }

    /// Whether a value names something that might be written with parts instead.
    private static func isName(_ content: Field.Content) -> Bool {
        guard case .plain(let word) = content else { return false }
        return Double(word) == nil && word != "true" && word != "false"
    }

    /// A replacement of the value that has no parts.
    private func whole(_ walked: String, _ keys: ArraySlice<Substring>) -> String {
        // One key of a file is not enough.
        if walked == "data" { return "data={csv: FILE, label: COLUMN}" }
        return "\(walked)=" + keys.reversed().reduce(value) { "{\($1): \($0)}" }
    }

    private func entry(
        _ key: String,
        _ rest: ArraySlice<Substring>,
        walked: String,
        _ new: Field
    ) throws(DocumentError) -> Field.Entry {
        var value = Field(.nothing, at: place)
        try replace(rest, walked: walked, in: &value, by: new)
        return Field.Entry(key, at: place, value)
    }
}

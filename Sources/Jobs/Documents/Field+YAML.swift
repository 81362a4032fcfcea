import Yams

extension Field {
    /// The largest document that is read, in bytes.
    package static let byteLimit = 1 << 20
    /// How many lists and mappings may lie inside each other.
    static let depthLimit = 32
    /// How many values a document may hold, each alias counted in full.
    static let countLimit = 100_000

    /// Reads a YAML document.
    ///
    /// Truth values and numbers are told apart later, by what is asked for; so `no` is a word like any other.
    ///
    /// - Parameters:
    ///   - yaml: The text.
    ///   - place: Makes the place of a line and column, both from 1.
    /// - Throws: `DocumentError.syntax`, `.duplicateKey` or `.excessive`.
    package init(yaml: String, at place: (_ line: Int, _ column: Int) -> Place) throws(DocumentError) {
        guard yaml.utf8.count <= Self.byteLimit else {
            throw .excessive(place(1, 1), what: "the document has \(yaml.utf8.count) bytes", limit: "1 MiB")
        }
        let root: Node?
        do {
            // Some editors begin a text with a mark of its byte order.
            root = try Yams.compose(yaml: yaml.first == "\u{FEFF}" ? String(yaml.dropFirst()) : yaml)
        } catch let error as YamlError {
            throw Self.explain(error, at: place)
        } catch {
            throw .syntax(place(1, 1), format: "YAML", problem: "\(error)")
        }
        guard let root else {
            self.init(.nothing, at: place(1, 1))
            return
        }
        var remaining = Self.countLimit
        try self.init(root, depth: 0, remaining: &remaining, at: place)
    }

    private init(
        _ node: Node,
        depth: Int,
        remaining: inout Int,
        at place: (Int, Int) -> Place
    ) throws(DocumentError) {
        let here = node.mark.map { place($0.line, $0.column) } ?? place(1, 1)
        remaining -= 1
        guard remaining >= 0 else {
            throw .excessive(here, what: "there are too many values", limit: "\(Self.countLimit)")
        }
        guard depth < Self.depthLimit else {
            throw .excessive(here, what: "the values are nested too deeply", limit: "a depth of \(Self.depthLimit)")
        }
        switch node {
        case .scalar(let scalar):
            self.init(Self.content(of: scalar), at: here)
        case .sequence(let sequence):
            var items: [Field] = []
            for item in sequence {
                items.append(try Field(item, depth: depth + 1, remaining: &remaining, at: place))
            }
            self.init(.list(items), at: here)
        case .mapping(let mapping):
            var entries: [Entry] = []
            var seen: Set<String> = []
            for (key, value) in mapping {
                let keyPlace = key.mark.map { place($0.line, $0.column) } ?? here
                guard let name = key.scalar?.string else {
                    throw .syntax(keyPlace, format: "YAML for us", problem: "a key must be a word")
                }
                guard seen.insert(name).inserted else { throw .duplicateKey(keyPlace, key: name) }
                let field = try Field(value, depth: depth + 1, remaining: &remaining, at: place)
                entries.append(Entry(name, at: keyPlace, field))
            }
            self.init(.mapping(entries), at: here)
        case .alias:
            // The parser replaces aliases by what they stand for.
            throw .syntax(here, format: "YAML for us", problem: "an alias stands for nothing")
        }
    }

    private static func content(of scalar: Node.Scalar) -> Content {
        switch scalar.style {
        case .any, .plain:
            switch scalar.string {
            case "", "~", "null": .nothing
            default: .plain(scalar.string)
            }
        case .singleQuoted, .doubleQuoted, .literal, .folded: .quoted(scalar.string)
        }
    }

    private static func explain(_ error: YamlError, at place: (Int, Int) -> Place) -> DocumentError {
        switch error {
        case .scanner(let context, let problem, let mark, _),
            .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let doing = context.map { " (\($0.text), begun in line \($0.mark.line))" } ?? ""
            return .syntax(place(mark.line, mark.column), format: "YAML", problem: problem + doing)
        case .reader(let problem, let offset, _, let yaml):
            let before = yaml.prefix(offset ?? 0)
            let line = before.count { $0.isNewline } + 1
            let column = before.reversed().prefix { !$0.isNewline }.count + 1
            return .syntax(place(line, column), format: "YAML", problem: problem)
        case .duplicatedKeysInMapping(let duplicates, let context):
            return .duplicateKey(
                place(context.mark.line, context.mark.column),
                key: duplicates.sorted().first ?? ""
            )
        default:
            return .syntax(place(1, 1), format: "YAML", problem: "\(error)")
        }
    }
}

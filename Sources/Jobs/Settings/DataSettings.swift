public import Datasets

/// What a job learns from, and how much of it is held back.
public struct DataSettings: Sendable, Hashable {
    /// Where the rows come from.
    public var source: Source
    /// The share of the rows that is held back for the test, above 0 and below 1.
    public var test: Double
    /// Whether features are shifted to mean 0 and scaled to deviation 1, as measured on the training part.
    public var standardize: Bool

    /// Where rows come from.
    public enum Source: Sendable, Hashable {
        /// One of the sets that are built in.
        case builtIn(BuiltIn)
        /// A file of comma-separated values.
        case csv(CSVSource)
    }

    /// Settings with nothing left out.
    public init(_ source: Source, test: Double, standardize: Bool) {
        self.source = source
        self.test = test
        self.standardize = standardize
    }

    static let keys = ["data", "test", "standardize"]

    /// Reads `data`, `test` and `standardize`. The latter two may stand at the top or, for a file, inside `data`.
    init(reading job: Section, file: String) throws(DocumentError) {
        let field = try job.required("data", Self.expected)
        var inside = Section.empty(path: "data", at: field.place)
        switch field.content {
        case .plain(let name), .quoted(let name):
            source = .builtIn(try Self.builtIn(name, field))
        case .mapping:
            inside = try Section(field, path: "data", keys: CSVSource.keys + ["test", "standardize"])
            source = .csv(try CSVSource(reading: inside, job: file))
        case .list, .nothing:
            throw .value(field.place, key: "data", expected: Self.expected, found: field.found)
        }
        for key in ["test", "standardize"] where inside[key] != nil && job[key] != nil {
            throw .refused(job.place(of: key), "'\(key)' is given here and in 'data'. Keep one.")
        }
        test = try (inside["test"] == nil ? job : inside).number("test", .part, default: 0.3)
        standardize = try (inside["standardize"] == nil ? job : inside).flag("standardize", default: true)
    }

    private static func builtIn(_ name: String, _ field: Field) throws(DocumentError) -> BuiltIn {
        if let known = BuiltIn(rawValue: name) { return known }
        // What looks like a path was meant as one; no spelling of ours is near it.
        guard !name.contains(".") && !name.contains("/") else {
            throw .value(field.place, key: "data", expected: expected, found: field.found)
        }
        let names = BuiltIn.allCases.map(\.rawValue)
        throw .unknownName(field.place, kind: "data set", plural: "data sets", name: name, known: names)
    }

    /// The settings as they stand in a job, defaults included.
    var canonical: [String: JSON] { ["data": described] }

    private var described: JSON {
        var members: [String: JSON] =
            switch source {
            case .builtIn(let name): ["name": .text(name.rawValue)]
            case .csv(let csv): csv.canonical
            }
        members["test"] = .number(test)
        members["standardize"] = .flag(standardize)
        return .object(members)
    }

    private static let expected =
        BuiltIn.allCases.map(\.rawValue).sorted().joined(separator: ", ")
        + ", or a file such as {csv: train.csv, label: class}"
}

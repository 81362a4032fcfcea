public import Datasets

/// A file of comma-separated values, one example a row.
public struct CSVSource: Sendable, Hashable {
    /// The path as it was written.
    public var path: String
    /// The file itself. A path in a job file is relative to that file's folder, one in `--set` to the current folder.
    public var file: String
    /// The column that holds the class.
    public var label: CSV.Column
    /// Whether the first row names the columns; nil to find out from the rows.
    public var header: Bool?
    /// Where the path was written.
    public var place: Place
    /// Where the label was written.
    public var labelPlace: Place

    static let keys = ["csv", "label", "header"]

    /// Reads `csv`, `label` and `header`.
    ///
    /// - Throws: `DocumentError`, also when there is no such file.
    init(reading data: Section, job: String) throws(DocumentError) {
        let field = try data.required("csv", FilePath.expected)
        let written = try FilePath(reading: field, "data.csv", job: job)
        (path, file, place) = (written.path, written.file, field.place)
        let expected = "the name of a column, or its number from 1 (-1 is the last)"
        let label = try data.required("label", expected)
        labelPlace = label.place
        switch label.content {
        case .plain(let word):
            guard word != "0" else {
                throw .value(label.place, key: "data.label", expected: expected, found: label.found)
            }
            self.label = Int(word).map(CSV.Column.number) ?? .named(word)
        default:
            self.label = .named(try label.text("data.label", expected))
        }
        header = try data["header"]?.flag("data.header")
        if case .named(let name) = self.label, header == false {
            throw .refused(
                label.place,
                "the label is the column named '\(name)', but 'header: false' says that columns have no names. "
                    + "Give its number from 1 instead."
            )
        }
        try written.checkExists()
    }

    /// The file as it will be read.
    public var csv: CSV {
        CSV(file: file, header: header.map { $0 ? .present : .absent } ?? .detected)
    }

    var canonical: [String: JSON] {
        var members: [String: JSON] = ["csv": .text(path)]
        switch label {
        case .named(let name): members["label"] = .text(name)
        case .number(let number): members["label"] = .integer(number)
        }
        if let header { members["header"] = .flag(header) }
        return members
    }
}

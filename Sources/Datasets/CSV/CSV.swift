/// A table in a text file: cells between commas, rows on lines (RFC 4180), in UTF-8.
///
/// ```swift
/// let data = try CSV(file: "train.csv").dataset(label: .named("species"))
/// let test = try CSV(file: "test.csv").dataset(label: .named("species"), like: data)
/// let rows = try CSV(file: "new.csv").features(named: data.featureNames, ignoring: .named("species"))
/// ```
///
/// - A cell between double quotes may hold commas, line ends, and double quotes written twice. Spaces and tabs around a
///   cell are not part of it, unless they lie between its quotes.
/// - Lines end in LF, CRLF or CR; the last one need not. Empty lines may only follow the last row. A UTF-8 byte order mark
///   is skipped.
/// - A feature is a decimal number such as `-12`, `0.5` or `1e-3`: the nearest `Double`, rounded to `f32`. An empty cell,
///   `nan` and `inf` are errors.
/// - Columns and lines are numbered from 1.
public struct CSV: Sendable, Hashable {
    /// Whether the first row names the columns.
    public enum Header: Sendable, Hashable {
        /// It does if none of its feature cells is a number, or if one of them is the name of a feature that is looked
        /// for. Naming the label column means that there is a header.
        case detected
        /// It does.
        case present
        /// It is data. The features are called `feature 1`, `feature 2`, …
        case absent
    }

    /// Which column is meant.
    public enum Column: Sendable, Hashable {
        /// The one of this name in the header.
        case named(String)
        /// The one at this place: 1 is the first, 2 the second; −1 is the last, −2 the one before it.
        case number(Int)
    }

    enum Source: Sendable, Hashable {
        case file(path: String)
        case bytes([UInt8], name: String)
    }

    let source: Source
    let header: Header

    /// The content of a file, which is read piece by piece when it is asked for.
    public init(file path: String, header: Header = .detected) {
        source = .file(path: path)
        self.header = header
    }

    /// Content that is at hand.
    ///
    /// - Parameters:
    ///   - bytes: What a file would hold.
    ///   - name: What messages and the data set call it.
    ///   - header: Whether the first row names the columns.
    public init(bytes: [UInt8], name: String, header: Header = .detected) {
        source = .bytes(bytes, name: name)
        self.header = header
    }

    /// What messages call the content: the path of the file, or the name given.
    var name: String {
        switch source {
        case .file(let path): path
        case .bytes(_, let name): name
        }
    }
}

import Tensors

/// Why a CSV file cannot be read as it was asked for.
public enum CSVError: Error, Hashable, CustomStringConvertible {
    /// A cell in a file; lines and columns count from 1.
    public struct Place: Sendable, Hashable, CustomStringConvertible {
        /// The path of the file.
        public var file: String
        /// The line on which the cell begins.
        public var line: Int
        /// The place of the column.
        public var column: Int
        /// The name of the column, if the file has a header.
        public var name: String?

        /// As `train.csv, line 7, column 3 ('age')`.
        public var description: String {
            "\(file), line \(line), column \(column)" + (name.map { " (\($0.shown))" } ?? "")
        }
    }

    /// The system does not give the file's content.
    case cannotRead(file: String, reason: String)
    /// The file begins with the byte order mark of UTF-16.
    case utf16(file: String)
    /// A name or class is not UTF-8.
    case notUTF8(Place)
    /// There is nothing in the file.
    case empty(file: String)
    /// There is a header and nothing else.
    case noRows(file: String)
    /// An empty line before the last row.
    case emptyLine(file: String, line: Int)
    /// A row with more or fewer cells than the first one.
    case ragged(file: String, line: Int, found: Int, needed: Int)
    /// More columns than a table may have.
    case tooManyColumns(file: String, limit: Int)
    /// A double quote that no other one ends.
    case unclosedQuote(Place)
    /// A double quote inside a cell that does not begin with one.
    case strayQuote(Place)
    /// Something between a closing double quote and the next comma.
    case textAfterQuote(Place)
    /// A cell of more bytes than any number or name needs.
    case cellTooLong(Place, limit: Int)
    /// A column without a name in the header.
    case unnamedColumn(Place)
    /// Two columns of one name.
    case duplicateColumn(file: String, name: String, first: Int, second: Int)
    /// No column but the label.
    case noFeatures(file: String)
    /// The label was named, but the file was said to have no header.
    case labelNeedsHeader(file: String, name: String)
    /// No column has the name of the label.
    case noSuchLabel(file: String, name: String, columns: [String])
    /// No column has the number of the label.
    case labelOutOfRange(file: String, number: Int, columns: Int)
    /// The column of the label is one of the features that are expected.
    case labelIsFeature(Place)
    /// A feature without a value.
    case missingValue(Place)
    /// A feature that is not a number.
    case notANumber(Place, found: String)
    /// A number that `f32` cannot hold.
    case outOfRange(Place, found: String)
    /// A row without a label.
    case missingLabel(Place)
    /// A label that is to be a number and is none.
    case labelNotANumber(Place, found: String)
    /// A column of labels that are all missing.
    case columnWithoutLabels(file: String, name: String)
    /// A class that is not one of those expected.
    case unknownClass(Place, found: String, known: [String])
    /// No column has the name of a number to predict.
    case missingTarget(file: String, name: String, columns: [String])
    /// A feature that is expected has no column.
    case missingColumn(file: String, name: String, columns: [String])
    /// A column that is not one of those expected, of which some may be absent.
    case surplusColumn(Place, expected: [String], absent: [String])
    /// A file without header has another number of columns than is expected.
    case columnCount(file: String, found: Int, features: Int, withLabel: Bool)

    /// What is wrong, where, what is allowed, and what to do, in one line.
    public var description: String { sentence.printable }

    private var sentence: String {
        switch self {
        case .cannotRead(let file, let reason) where BuiltIn(rawValue: file) != nil:
            """
            Cannot read '\(file)': \(reason). That is the name of a built-in set, which a job takes, and `troupe evaluate` for \
            a model that was trained on it; here give the path of a file of comma-separated values.
            """
        case .cannotRead(let file, let reason):
            "Cannot read '\(file)': \(reason). Check the path and its permissions."
        case .utf16(let file):
            "\(file): the text is UTF-16, but must be UTF-8. Save it as 'CSV UTF-8'."
        case .notUTF8(let place):
            "\(place): the text is not UTF-8. Save the file as UTF-8."
        case .empty(let file):
            "\(file): the file is empty, but must hold at least one row."
        case .noRows(let file):
            "\(file): there is a header, but no row follows it. Add rows, or say that there is no header."
        case .emptyLine(let file, let line):
            "\(file), line \(line): the line is empty, but only the end of a file may have empty lines. Remove it."
        case .ragged(let file, let line, let found, let needed):
            """
            \(file), line \(line): the row has \(Self.cells(found)), but the first one has \(needed). Add or remove cells, and \
            put a cell that holds a comma between double quotes.
            """
        case .tooManyColumns(let file, let limit):
            "\(file): there are more than \(limit) columns, which is the limit. Is the end of the first line missing?"
        case .unclosedQuote(let place):
            "\(place): the double quote is never closed. Add another one after the cell."
        case .strayQuote(let place):
            """
            \(place): there is a double quote inside the cell. Put the whole cell between double quotes, and write each \
            one inside it twice.
            """
        case .textAfterQuote(let place):
            """
            \(place): something follows the closing double quote, but only a comma or the end of the line may. Write a \
            double quote inside the cell twice.
            """
        case .cellTooLong(let place, let limit):
            "\(place): the cell has more than \(limit) bytes, which is the limit. Is a double quote not closed?"
        case .unnamedColumn(let place):
            """
            \(place): the header has no name for this column. Name it, or remove the column if it only numbers the rows.
            """
        case .duplicateColumn(let file, let name, let first, let second):
            "\(file): columns \(first) and \(second) are both called \(name.shown). Rename or remove one."
        case .noFeatures(let file):
            """
            \(file): there is one column, but a label and at least one feature are needed. Cells must be separated by \
            commas, not by semicolons or tabs.
            """
        case .labelNeedsHeader(let file, let name):
            """
            \(file): the label column is called \(name.shown), but the file is said to have no header. Give the number of \
            the column instead.
            """
        case .noSuchLabel(let file, let name, let columns):
            """
            \(file): no column is called \(name.shown), which was given as the label.\(Self.nearest(name, columns)) The columns \
            of line 1 are \(columns.listedToTheLast). Choose one of them, or give the number of the column if the file has no \
            header.
            """ + Self.hint(columns)
        case .labelOutOfRange(let file, let number, let columns):
            """
            \(file): the label column is number \(number), but there are \(columns) columns. Columns are numbered 1 to \
            \(columns), or -1 to -\(columns) from the last.
            """
        case .labelIsFeature(let place):
            """
            \(place): this column was given as the label, but it is one of the features. Give the name or the number of \
            the column that holds the classes.
            """
        case .missingValue(let place):
            "\(place): the cell is empty, but every feature needs a number. Fill in a value, or remove the row."
        case .notANumber(let place, let found):
            """
            \(place): found \(found.shown), but a feature must be a number such as 12, 0.5 or 1e-3. Correct the cell, or \
            write categories as numbers.
            """ + Self.hint([found])
                + (place.line == 1 ? " If line 1 names the columns, say that there is a header." : "")
        case .outOfRange(let place, let found):
            "\(place): found \(found.shown), but a number must lie between -3.4e38 and 3.4e38. Rescale the column."
        case .missingLabel(let place):
            "\(place): the cell is empty, but every row needs a class as its label. Fill it in, or remove the row."
        case .labelNotANumber(let place, let found):
            """
            \(place): found \(found.shown), but this label is to be a number such as 12, 0.5 or 1e-3. Correct the cell, \
            leave it empty if the label is missing, or say that the label is a class.
            """
        case .columnWithoutLabels(let file, let name):
            "\(file): no row has a label in the column \(name.shown), so it cannot be learned. Fill some in, or leave it out."
        case .unknownClass(let place, let found, let known):
            """
            \(place): found the class \(found.shown), but the known classes are \(known.listed). Correct it, remove the \
            row, or train with rows of this class.
            """
        case .missingTarget(let file, let name, let columns):
            """
            \(file): no column is called \(name.shown), which is where the number to predict stands.\
            \(Self.nearest(name, columns)) The columns of line 1 are \(columns.listedToTheLast). Add the column, or correct its \
            name.
            """
        case .missingColumn(let file, let name, let columns):
            """
            \(file): no column is called \(name.shown), which is one of the features. The columns of line 1 are \
            \(columns.listed). Add the column, or correct its name.
            """
        case .surplusColumn(let place, let expected, let absent):
            """
            \(place.file): column \(place.column) is called \((place.name ?? "").shown), which is \
            \(expected.count == 1 ? "not the feature" : "none of the \(expected.count) features:") \(expected.listed).\
            \(Self.nearest(place.name ?? "", absent)) Remove the column, or correct its name.
            """ + Self.hint([place.name ?? ""])
        case .columnCount(let file, let found, let features, let withLabel):
            """
            \(file): the rows have \(Self.cells(found)), but \(features == 1 ? "1 feature" : "\(features) features")\
            \(withLabel ? " and the label" : "") \(features == 1 && !withLabel ? "is" : "are") expected, in the order of \
            training. Add or remove columns, or add a header that names them.
            """
        }
    }

    private static func cells(_ count: Int) -> String { count == 1 ? "1 cell" : "\(count) cells" }

    /// What follows when a name is misspelt. A table of far more columns takes too long to be searched for what is near.
    private static func nearest(_ name: String, _ names: [String]) -> String {
        names.prefix(10_000).closest(to: name).map { " Did you mean \($0.shown)?" } ?? ""
    }

    /// What follows when a cell holds what other programs write between cells.
    private static func hint(_ cells: [String]) -> String {
        for (mark, name) in [(";", "semicolons"), ("\t", "tabs"), ("|", "bars")]
        where cells.count == 1 && cells[0].contains(mark) {
            return " Cells must be separated by commas, not by \(name)."
        }
        return ""
    }
}

extension String {
    /// The text in quotes for a message: on one line and not long.
    var shown: String {
        let start = unicodeScalars.prefix(40).map { scalar in
            scalar.properties.generalCategory == .control ? scalar.escaped(asASCII: true) : String(scalar)
        }
        return "'\(start.joined())\(unicodeScalars.count > 40 ? "…" : "")'"
    }
}

/// What a model answers for rows of a file: a line for each row below the names of the columns.
public struct AnswerTable: Hashable, Sendable {
    /// The names of the columns.
    public var columns: [String]
    /// The cells of each row.
    public var rows: [[String]]

    /// A table.
    public init(columns: [String], rows: [[String]]) {
        self.columns = columns
        self.rows = rows
    }

    /// The table as comma-separated values (RFC 4180).
    public var csv: String {
        var text = ""
        for row in [columns] + rows { text += row.map(Self.quoted).joined(separator: ",") + "\n" }
        return text
    }

    /// A cell, between quotes if it must be.
    private static func quoted(_ cell: String) -> String {
        let needsQuotes =
            cell.contains { ",\"\n\r".contains($0) || $0.isNewline } || cell.first == " " || cell.last == " "
        return needsQuotes ? "\"\(cell.replacing("\"", with: "\"\""))\"" : cell
    }
}

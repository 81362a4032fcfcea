/// Rows of cells in columns, for people: numbers to the right, words to the left.
struct TextTable {
    /// A column.
    struct Column {
        let title: String
        let isNumber: Bool

        static func number(_ title: String) -> Column { Column(title: title, isNumber: true) }
        static func words(_ title: String) -> Column { Column(title: title, isNumber: false) }
    }

    let columns: [Column]
    private var rows: [[String]]

    init(_ columns: [Column]) {
        self.columns = columns
        rows = [columns.map(\.title)]
    }

    mutating func append(_ cells: [String]) { rows.append(cells) }

    /// The lines, titles first.
    var text: String {
        let widths = columns.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        let lines = rows.map { row in
            columns.indices.map { column in
                let room = String(repeating: " ", count: widths[column] - row[column].count)
                if columns[column].isNumber { return room + row[column] }
                return column == columns.count - 1 ? row[column] : row[column] + room
            }.joined(separator: "  ")
        }
        return lines.joined(separator: "\n")
    }
}

extension Double {
    /// A number with some digits behind the point.
    func fixed(_ digits: Int) -> String {
        let scale = (0..<digits).reduce(1) { scale, _ in scale * 10 }
        let whole = Int((self * Double(scale)).rounded())
        guard digits > 0 else { return "\(whole)" }
        let tail = "\(whole % scale)"
        return "\(whole / scale)." + String(repeating: "0", count: digits - tail.count) + tail
    }
}

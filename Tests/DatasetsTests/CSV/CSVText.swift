import TestSupport

/// Writes seeded tables as CSV in all the ways that are allowed.
struct CSVText {
    /// What the cells say, row after row, the names of the columns first if there are any.
    var rows: [[String]]
    /// The text.
    private(set) var bytes: [UInt8] = []

    init(_ rows: [[String]], random: inout Seeded) {
        self.rows = rows
        if random.oneIn(3) { bytes += [0xEF, 0xBB, 0xBF] }
        let ends = ["\n", "\r\n", "\r"].randomElement(using: &random) ?? "\n"
        for (index, row) in rows.enumerated() {
            for (column, cell) in row.enumerated() {
                if column > 0 { bytes.append(UInt8(ascii: ",")) }
                write(cell, random: &random)
            }
            if index < rows.count - 1 || random.oneIn(2) { bytes += Array(ends.utf8) }
        }
        if random.oneIn(4) { bytes += Array((ends + ends).utf8) }
    }

    private mutating func write(_ cell: String, random: inout Seeded) {
        let needsQuotes = cell.unicodeScalars.contains { ",\"\r\n".unicodeScalars.contains($0) }
        let spaces = random.oneIn(8) ? " \t" : ""
        let isQuoted = needsQuotes || random.oneIn(4)
        var text = ""
        for scalar in cell.unicodeScalars {
            text.unicodeScalars.append(scalar)
            if isQuoted, scalar == "\"" { text.unicodeScalars.append(scalar) }
        }
        bytes += Array((isQuoted ? "\(spaces)\"\(text)\"\(spaces)" : spaces + text + spaces).utf8)
    }
}

extension Seeded {
    /// A name that is not a number, often with characters that need quotes.
    mutating func name(_ index: Int) -> String {
        let pieces = ["a", "Größe", "x,y", "say \"hi\"", "two\nlines", "cr\rlf\r\n", "日本", "-", "e5", "."]
        let middle = pieces.randomElement(using: &self) ?? ""
        return "n\(middle)\(index)"
    }

    /// A finite number of any size, often a short one.
    mutating func number() -> Float {
        switch Int.random(in: 0..<4, using: &self) {
        case 0: return Float(Int.random(in: -20...20, using: &self))
        case 1: return Float(Int.random(in: -9999...9999, using: &self)) / 100
        case 2: return Float.random(in: -1...1, using: &self)
        default:
            let number = Float(bitPattern: UInt32.random(in: 0...UInt32.max, using: &self))
            return number.isFinite ? number : 0
        }
    }
}

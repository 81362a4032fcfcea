/// The first record of a CSV file, which may name the columns.
struct CSVRecord {
    /// The number of columns that a file may have.
    static let columnLimit = 1 << 20

    /// The path of the file.
    let file: String
    /// The content of each cell.
    let cells: [[UInt8]]
    private let lines: [Int]

    /// Reads the first record.
    ///
    /// - Throws: `CSVError.empty` when there is none.
    init(from scanner: inout CSVScanner) throws(CSVError) {
        file = scanner.place().file
        guard try scanner.beginRecord() else { throw .empty(file: file) }
        var cells: [[UInt8]] = []
        var lines: [Int] = []
        while try scanner.nextCell() {
            guard cells.count < Self.columnLimit else { throw .tooManyColumns(file: file, limit: Self.columnLimit) }
            cells.append(scanner.cell)
            lines.append(scanner.line)
        }
        self.cells = cells
        self.lines = lines
    }

    /// The cells as names of columns.
    ///
    /// - Throws: `CSVError` when one is empty or not UTF-8, or two are equal.
    func names() throws(CSVError) -> [String] {
        var names: [String] = []
        var indices: [String: Int] = [:]
        for (index, cell) in cells.enumerated() {
            guard !cell.isEmpty else { throw .unnamedColumn(place(of: index)) }
            guard let name = String(validating: cell, as: UTF8.self) else { throw .notUTF8(place(of: index)) }
            if let first = indices.updateValue(index, forKey: name) {
                throw .duplicateColumn(file: file, name: name, first: first + 1, second: index + 1)
            }
            names.append(name)
        }
        return names
    }

    /// Whether a cell is a number, one of them left out.
    func hasNumber(besides index: Int?) -> Bool {
        let reader = DecimalReader()
        return cells.indices.contains { $0 != index && reader.value(of: cells[$0]) != nil }
    }

    /// Whether a cell is one of these names.
    func holds(anyOf names: [String]) -> Bool {
        let names = Set(names)
        return cells.contains { names.contains(String(decoding: $0, as: UTF8.self)) }
    }

    /// Where a cell begins.
    func place(of index: Int, name: String? = nil) -> CSVError.Place {
        CSVError.Place(file: file, line: lines[index], column: index + 1, name: name)
    }
}

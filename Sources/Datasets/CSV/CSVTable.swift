import Tensors

/// The numbers and classes of a CSV file, row after row.
struct CSVTable {
    /// What each column is for.
    let layout: CSVLayout
    /// The features read so far, in the order of rows and of `layout.featureNames`.
    private(set) var values: [Float] = []
    /// The columns of labels as far as they are read, in the order of `layout`.
    private(set) var labels: [CSVLabels]

    private let decimals = DecimalReader()

    /// Reads all rows.
    ///
    /// - Parameters:
    ///   - scanner: Stands after the first record.
    ///   - first: The first record, which is a row unless it names the columns.
    ///   - layout: What each column is for.
    ///   - labels: What the columns of labels hold; as many as `layout` has.
    /// - Throws: `CSVError` for the first cell or row that does not fit.
    init(
        from scanner: inout CSVScanner,
        after first: CSVRecord,
        layout: CSVLayout,
        labels: [CSVLabels] = []
    ) throws(CSVError) {
        self.layout = layout
        self.labels = labels
        if layout.columnNames == nil {
            values += repeatElement(0, count: layout.featureNames.count)
            for (column, cell) in first.cells.enumerated() {
                try take(cell, column: column, rowStart: 0) { first.place(of: column) }
            }
        }
        while try scanner.beginRecord() { try takeRow(from: &scanner) }
        if values.isEmpty { throw .noRows(file: first.file) }
    }

    /// The features, `f32 [rows, features]`.
    var features: TensorValue {
        let count = layout.featureNames.count
        return TensorValue(values, shape: [values.count / count, count])
    }

    private mutating func takeRow(from scanner: inout CSVScanner) throws(CSVError) {
        let start = values.count
        values += repeatElement(0, count: layout.featureNames.count)
        let (firstLine, names) = (scanner.currentLine, layout.columnNames)
        while try scanner.nextCell() {
            let column = scanner.column - 1
            guard column < layout.roles.count else { continue }
            try take(scanner.cell, column: column, rowStart: start) { scanner.place(names?[column]) }
        }
        guard scanner.column == layout.roles.count else {
            throw .ragged(
                file: scanner.place().file,
                line: firstLine,
                found: scanner.column,
                needed: layout.roles.count
            )
        }
    }

    /// Reads a cell of the row whose features begin at `rowStart`.
    private mutating func take(
        _ cell: [UInt8],
        column: Int,
        rowStart: Int,
        place: () -> CSVError.Place
    ) throws(CSVError) {
        switch layout.roles[column] {
        case .ignored: break
        case .label(let index): try labels[index].append(cell, place: place)
        case .feature(let index):
            guard let value = decimals.value(of: cell) else {
                if cell.isEmpty { throw .missingValue(place()) }
                throw .notANumber(place(), found: String(decoding: cell, as: UTF8.self))
            }
            let rounded = Float(value)
            guard rounded.isFinite else { throw .outOfRange(place(), found: String(decoding: cell, as: UTF8.self)) }
            values[rowStart + index] = rounded
        }
    }
}

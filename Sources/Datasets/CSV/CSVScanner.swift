/// Cuts the bytes of a CSV file into cells, piece by piece.
///
///     while try scanner.beginRecord() {
///         while try scanner.nextCell() { … scanner.cell … }
///     }
struct CSVScanner: ~Copyable {
    /// The number of bytes that a cell may have.
    static let cellLimit = 1 << 16

    /// The content of the last cell that was read, without quotes and the spaces around it.
    private(set) var cell: [UInt8] = []
    /// The line on which that cell begins, counted from 1.
    private(set) var line = 1
    /// The column of that cell, counted from 1; 0 before the first cell of a record.
    private(set) var column = 0
    /// The line of the next byte, counted from 1.
    private(set) var currentLine = 1

    private let name: String
    private let file: InputFile
    private var chunk: [UInt8]
    private var position = 0
    private var count: Int
    private var isInRecord = false

    /// Begins to read; the byte order mark is skipped.
    static func open(_ csv: CSV) throws(CSVError) -> CSVScanner {
        var scanner: CSVScanner
        switch csv.source {
        case .file(let path):
            scanner = CSVScanner(
                name: path,
                file: try InputFile(path: path),
                chunk: .init(repeating: 0, count: 1 << 18),
                count: 0
            )
        case .bytes(let bytes, let name):
            scanner = CSVScanner(name: name, file: InputFile(), chunk: bytes, count: bytes.count)
        }
        try scanner.skipByteOrderMark()
        return scanner
    }

    private init(name: String, file: consuming InputFile, chunk: [UInt8], count: Int) {
        self.name = name
        self.file = file
        self.chunk = chunk
        self.count = count
    }

    /// Goes to the next record; the one before must have been read to its end.
    ///
    /// - Returns: Whether there is one.
    mutating func beginRecord() throws(CSVError) -> Bool {
        let first = currentLine
        while let byte = try peek(), byte == .lineFeed || byte == .carriageReturn { try skipLineEnd() }
        guard try peek() != nil else { return false }
        guard currentLine == first else { throw .emptyLine(file: name, line: first) }
        column = 0
        isInRecord = true
        return true
    }

    /// Reads the next cell of the record into `cell`.
    ///
    /// - Returns: Whether there was one.
    mutating func nextCell() throws(CSVError) -> Bool {
        guard isInRecord else { return false }
        column += 1
        line = currentLine
        cell.removeAll(keepingCapacity: true)
        try skipSpaces()
        if try peek() == .quote { try readQuoted() } else { try readPlain() }
        if try peek() == .comma {
            position += 1
        } else {
            try skipLineEnd()
            isInRecord = false
        }
        return true
    }

    /// Where the last cell begins.
    func place(_ name: String? = nil) -> CSVError.Place {
        CSVError.Place(file: self.name, line: line, column: column, name: name)
    }

    /// Reads until a comma, a line end or the end of the file, and leaves it.
    private mutating func readPlain() throws(CSVError) {
        while let next = try peek(), !next.endsPlainCell {
            let start = position
            while position < count, !chunk[position].endsPlainCell { position += 1 }
            guard cell.count + position - start <= Self.cellLimit else {
                throw .cellTooLong(place(), limit: Self.cellLimit)
            }
            cell += chunk[start..<position]
        }
        if try peek() == .quote { throw .strayQuote(place()) }
        while let last = cell.last, last == .space || last == .tab { cell.removeLast() }
    }

    /// Reads from an opening quote to what follows the closing one, and leaves that.
    private mutating func readQuoted() throws(CSVError) {
        position += 1
        while true {
            guard let byte = try peek() else { throw .unclosedQuote(place()) }
            switch byte {
            case .quote:
                position += 1
                guard try peek() == .quote else {
                    try skipSpaces()
                    let next = try peek()
                    guard next == nil || next == .comma || next == .lineFeed || next == .carriageReturn else {
                        throw .textAfterQuote(place())
                    }
                    return
                }
                try append(.quote)
            case .lineFeed:
                currentLine += 1
                try append(byte)
            case .carriageReturn:
                try append(byte)
                if try peek() != .lineFeed { currentLine += 1 }
            default:
                try append(byte)
            }
        }
    }

    /// Moves a byte into the cell.
    private mutating func append(_ byte: UInt8) throws(CSVError) {
        guard cell.count < Self.cellLimit else { throw .cellTooLong(place(), limit: Self.cellLimit) }
        cell.append(byte)
        position += 1
    }

    private mutating func skipSpaces() throws(CSVError) {
        while let byte = try peek(), byte == .space || byte == .tab { position += 1 }
    }

    /// Skips LF, CRLF or CR, if there is one.
    private mutating func skipLineEnd() throws(CSVError) {
        guard let byte = try peek() else { return }
        position += 1
        currentLine += 1
        if byte == .carriageReturn, try peek() == .lineFeed { position += 1 }
    }

    private mutating func skipByteOrderMark() throws(CSVError) {
        guard let first = try peek(), count >= 2 else { return }
        if (first, chunk[1]) == (0xFF, 0xFE) || (first, chunk[1]) == (0xFE, 0xFF) { throw .utf16(file: name) }
        if chunk[..<count].starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    }

    /// The next byte, which is not skipped; nil at the end.
    private mutating func peek() throws(CSVError) -> UInt8? {
        if position == count {
            count = try file.read(into: &chunk)
            position = 0
            if count == 0 { return nil }
        }
        return chunk[position]
    }
}

extension UInt8 {
    fileprivate static let comma = UInt8(ascii: ",")
    fileprivate static let quote = UInt8(ascii: "\"")
    fileprivate static let lineFeed = UInt8(ascii: "\n")
    fileprivate static let carriageReturn = UInt8(ascii: "\r")
    fileprivate static let space = UInt8(ascii: " ")
    fileprivate static let tab = UInt8(ascii: "\t")

    /// Whether a cell without quotes cannot hold the byte.
    fileprivate var endsPlainCell: Bool {
        self == .comma || self == .lineFeed || self == .carriageReturn || self == .quote
    }
}

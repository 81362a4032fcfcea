import CSQLite

/// An SQLite database in a file that one process has for itself.
final class Database {
    /// What a column holds, or a parameter of a statement.
    enum Value: Hashable {
        case integer(Int64)
        case text(String)
        case blob([UInt8])

        var integer: Int64? { if case .integer(let number) = self { number } else { nil } }
        var text: String? { if case .text(let text) = self { text } else { nil } }
        var blob: [UInt8]? { if case .blob(let bytes) = self { bytes } else { nil } }
    }

    private let path: String
    private let connection: OpaquePointer
    private var statements: [String: OpaquePointer] = [:]

    /// Opens a database, or makes it. What was written survives a kill at any moment, and the machine's own end.
    ///
    /// - Throws: `LedgerError`.
    init(path: String) throws(LedgerError) {
        self.path = path
        var opened: OpaquePointer?
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX
        let code = sqlite3_open_v2(path, &opened, flags, nil)
        guard code == SQLITE_OK, let opened else {
            sqlite3_close_v2(opened)
            throw .failed(path: path, reason: String(cString: sqlite3_errstr(code)))
        }
        connection = opened
        // Without exclusive locking the log beside the file needs shared memory, which network file systems lack.
        for pragma in ["locking_mode = EXCLUSIVE", "journal_mode = WAL", "synchronous = FULL"] {
            _ = try rows("PRAGMA \(pragma)")
        }
    }

    deinit {
        for statement in statements.values { sqlite3_finalize(statement) }
        sqlite3_close_v2(connection)
    }

    /// Runs a statement.
    ///
    /// - Returns: its rows.
    /// - Throws: `LedgerError`.
    @discardableResult
    func rows(_ sql: String, _ parameters: [Value] = []) throws(LedgerError) -> [[Value]] {
        let statement = try prepared(sql)
        defer {
            sqlite3_reset(statement)
            sqlite3_clear_bindings(statement)
        }
        for (index, parameter) in parameters.enumerated() {
            let place = Int32(index + 1)
            let code =
                switch parameter {
                case .integer(let number): sqlite3_bind_int64(statement, place, number)
                case .text(let text): troupe_sqlite3_bind_text(statement, place, text)
                case .blob(let bytes):
                    bytes.withUnsafeBytes { troupe_sqlite3_bind_blob(statement, place, $0.baseAddress, $0.count) }
                }
            try check(code)
        }
        var rows: [[Value]] = []
        while true {
            let code = sqlite3_step(statement)
            if code == SQLITE_DONE { return rows }
            guard code == SQLITE_ROW else { throw error(code) }
            rows.append((0..<sqlite3_column_count(statement)).map { Self.column($0, of: statement) })
        }
    }

    /// Runs statements that take effect together, or not at all.
    func transaction(_ body: () throws(LedgerError) -> Void) throws(LedgerError) {
        try rows("BEGIN IMMEDIATE")
        do {
            try body()
            try rows("COMMIT")
        } catch {
            _ = try? rows("ROLLBACK")
            throw error
        }
    }

    private func prepared(_ sql: String) throws(LedgerError) -> OpaquePointer {
        if let known = statements[sql] { return known }
        var statement: OpaquePointer?
        try check(sqlite3_prepare_v2(connection, sql, -1, &statement, nil))
        guard let statement else { throw .failed(path: path, reason: "'\(sql)' is no statement") }
        statements[sql] = statement
        return statement
    }

    private static func column(_ index: Int32, of statement: OpaquePointer) -> Value {
        switch sqlite3_column_type(statement, index) {
        case SQLITE_INTEGER: return .integer(sqlite3_column_int64(statement, index))
        case SQLITE_TEXT: return .text(sqlite3_column_text(statement, index).map { String(cString: $0) } ?? "")
        default:
            guard let start = sqlite3_column_blob(statement, index) else { return .blob([]) }
            let count = Int(sqlite3_column_bytes(statement, index))
            return .blob(Array(UnsafeRawBufferPointer(start: start, count: count)))
        }
    }

    private func check(_ code: Int32) throws(LedgerError) {
        guard code == SQLITE_OK else { throw error(code) }
    }

    private func error(_ code: Int32) -> LedgerError {
        .failed(path: path, reason: String(cString: sqlite3_errmsg(connection)))
    }
}

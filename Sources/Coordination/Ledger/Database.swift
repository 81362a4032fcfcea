import CSQLite
import Foundation
import Tasks

/// An SQLite database in a file that one process has for itself.
final class Database {
    /// What a column holds, or a parameter of a statement.
    enum Value: Hashable {
        case integer(Int64)
        case text(String)
        case blob([UInt8])
        case nothing

        var integer: Int64? { if case .integer(let number) = self { number } else { nil } }
        var text: String? { if case .text(let text) = self { text } else { nil } }
        var blob: [UInt8]? { if case .blob(let bytes) = self { bytes } else { nil } }
    }

    /// The file's log, where there is one.
    private var log: String { path + "-wal" }

    /// What tells a file from another one that has the same path later.
    private struct Identity: Equatable {
        let device: UInt64
        let number: UInt64

        /// Nil where there is no file.
        init?(_ path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            (device, number) = (UInt64(status.st_dev), UInt64(status.st_ino))
        }
    }

    private let path: String
    private let connection: OpaquePointer
    private var statements: [String: OpaquePointer] = [:]

    /// The files that were there when each of them was first looked for.
    private var file: Identity?
    private var logFile: Identity?

    /// The last statement that was prepared, which is most often wanted again.
    private var last: (sql: String, statement: OpaquePointer)?

    /// Opens a database, or makes an empty one. Nothing is written yet.
    ///
    /// - Parameters:
    ///   - path: Its file.
    ///   - writing: Whether it may be changed; else it must be there.
    ///   - system: The name of the SQLite file system that it goes through; nil for the usual one.
    /// - Throws: `LedgerError`.
    init(path: String, writing: Bool = true, through system: String? = nil) throws(LedgerError) {
        self.path = path
        var opened: OpaquePointer?
        let access = writing ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY
        let flags = access | SQLITE_OPEN_FULLMUTEX
        let code = sqlite3_open_v2(path, &opened, flags, system)
        guard code == SQLITE_OK, let opened else {
            sqlite3_close_v2(opened)
            throw .failed(path: path, reason: String(cString: sqlite3_errstr(code)))
        }
        connection = opened
        // Without exclusive locking the log beside the file needs shared memory, which network file systems lack. What
        // stands in a damaged file must not be able to call functions.
        for pragma in ["locking_mode = EXCLUSIVE", "trusted_schema = OFF", "cell_size_check = ON"] {
            try rows("PRAGMA \(pragma)")
        }
    }

    /// From now on a transaction is on the disk when its end returns: it is appended to a log, which is synced. So it
    /// survives a kill of the process and a failure of the power.
    func keepLog() throws(LedgerError) {
        let mode = try rows("PRAGMA journal_mode = WAL").first?.first?.text
        guard mode == "wal" else {
            throw .failed(path: path, reason: "its journal cannot be a log, only \(mode ?? "none")")
        }
        try rows("PRAGMA synchronous = FULL")
    }

    /// Looks whether the file and its log are still where they were: into those that were removed one can go on writing, and
    /// nothing of it is found again.
    ///
    /// - Throws: `LedgerError.gone`.
    func checkPlace() throws(LedgerError) {
        for (known, path) in [(\Database.file, path), (\Database.logFile, log)] {
            let found = Identity(path)
            if let before = self[keyPath: known], before != found { throw .gone(path: path) }
            self[keyPath: known] = found
        }
    }

    /// Moves everything from the log into the file, which is then all that there is.
    func dropLog() throws(LedgerError) {
        let mode = try rows("PRAGMA journal_mode = DELETE").first?.first?.text
        guard mode == "delete" else { throw .failed(path: path, reason: "its log cannot be moved into it") }
        // The journal of that change stays as long as nobody else may use the file; a statement lets go of both.
        try rows("PRAGMA locking_mode = NORMAL")
        try rows("SELECT count(*) FROM sqlite_master")
        unlink("\(path)-journal")
        logFile = nil
    }

    /// The number of the row that was inserted last.
    var lastRow: Int64 { sqlite3_last_insert_rowid(connection) }

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
                case .nothing: sqlite3_bind_null(statement, place)
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
            KillPoint.afterJournalWrite.pass()
            try rows("COMMIT")
        } catch {
            _ = try? rows("ROLLBACK")
            throw error
        }
    }

    private func prepared(_ sql: String) throws(LedgerError) -> OpaquePointer {
        if let last, last.sql == sql { return last.statement }
        if let known = statements[sql] {
            last = (sql, known)
            return known
        }
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
        case SQLITE_NULL: return .nothing
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
        let reason = String(cString: sqlite3_errmsg(connection))
        // What the system said, where the database only says that something was wrong.
        let number = sqlite3_system_errno(connection)
        guard [SQLITE_IOERR, SQLITE_CANTOPEN].contains(code & 0xff), number != 0 else {
            return .failed(path: path, reason: reason)
        }
        return .failed(path: path, reason: "\(reason): \(String(cString: strerror(number)).lowercased())")
    }
}

import Foundation

/// What the first bytes of a ledger's file say, read without the database: a file that is not ours is refused before
/// anything of it, or beside it, is changed.
struct LedgerFile {
    /// The number that SQLite keeps at byte 68 for the program that a file belongs to: "Trpe".
    static let application: UInt32 = 0x5472_7065
    /// The version of the tables and digests, which SQLite keeps at byte 60. 1 had no such mark.
    static let version: UInt32 = 2

    private static let magic = Array("SQLite format 3\0".utf8)

    /// Looks at the file of a ledger.
    ///
    /// - Throws: `LedgerError` when there is something else than a ledger of this version, or an empty file.
    static func check(_ path: String) throws(LedgerError) {
        var status = stat()
        guard stat(path, &status) == 0 else {
            guard errno == ENOENT else { throw .system(path) }
            return
        }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .format(path: path, found: "no ordinary file") }
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw .system(path) }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 100)
        let count = bytes.withUnsafeMutableBytes { pread(file, $0.baseAddress, $0.count, 0) }
        guard count >= 0 else { throw .system(path) }
        guard count > 0 else { return }
        if count == bytes.count, Array(bytes[..<16]) == magic {
            func number(at place: Int) -> UInt32 { bytes[place..<place + 4].reduce(0) { $0 << 8 | UInt32($1) } }
            if number(at: 68) == application {
                guard number(at: 60) == version else {
                    throw .format(path: path, found: "a ledger of version \(number(at: 60))")
                }
                return
            }
        }
        // A kill amid the first transaction leaves what the database itself takes back.
        if access("\(path)-journal", F_OK) == 0 { return }
        let found =
            Array(bytes[..<16]) == magic ? "another database, or the ledger of an earlier version" : "another file"
        throw .format(path: path, found: found)
    }
}

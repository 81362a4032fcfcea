import Foundation
import Synchronization

/// How many tasks were finished without being recorded, in a file of eight bytes that survives the process.
final class Tally: Sendable {
    private let file: Int32
    private let count: Mutex<UInt64>
    /// How many there were since the last snapshot when it was opened.
    let lost: Int

    /// Opens the file, or makes it, and counts on from what stood there at the last snapshot.
    ///
    /// - Throws: `LedgerError.failed`.
    init(path: String, mark: UInt64) throws(LedgerError) {
        let opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
        guard opened >= 0 else { throw .failed(path: path, reason: String(cString: strerror(errno))) }
        file = opened
        var bytes = [UInt8](repeating: 0, count: 8)
        let read = bytes.withUnsafeMutableBytes { pread(opened, $0.baseAddress, 8, 0) }
        let found = read == 8 ? bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) } : 0
        lost = found > mark ? Int(clamping: found - mark) : 0
        count = Mutex(mark)
        write(mark)
    }

    deinit { close(file) }

    var total: UInt64 { count.withLock { $0 } }

    func add() {
        count.withLock { count in
            count += 1
            write(count)
        }
    }

    /// It only serves a report, so a failure does no harm.
    private func write(_ number: UInt64) {
        let bytes = (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
        _ = bytes.withUnsafeBytes { pwrite(file, $0.baseAddress, 8, 0) }
    }
}

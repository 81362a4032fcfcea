import Foundation
import Synchronization
import Tensors

/// How many tasks were finished without being recorded, in a file that survives the process: the number in eight bytes,
/// little-endian, and its complement in eight more, by which garbage is told from a number.
final class Tally: Sendable {
    private let file: Int32?
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
        var bytes = [UInt8](repeating: 0, count: 16)
        let read = bytes.withUnsafeMutableBytes { pread(opened, $0.baseAddress, 16, 0) }
        func number(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) } }
        let isWhole = read == 16 && number(bytes[..<8]) == ~number(bytes[8...])
        let found = isWhole ? number(bytes[..<8]) : 0
        lost = found > mark ? Int(clamping: found - mark) : 0
        count = Mutex(mark)
        write(mark)
    }

    /// Counts nothing that was before, and nothing for later.
    init() {
        file = nil
        lost = 0
        count = Mutex(0)
    }

    deinit { if let file { close(file) } }

    var total: UInt64 { count.withLock { $0 } }

    func add() {
        count.withLock { count in
            count += 1
            write(count)
        }
    }

    /// It only serves a report, so a failure does no harm.
    private func write(_ number: UInt64) {
        guard let file else { return }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(16)
        bytes.append(littleEndian: number)
        bytes.append(littleEndian: ~number)
        _ = bytes.withUnsafeBytes { pwrite(file, $0.baseAddress, 16, 0) }
    }
}

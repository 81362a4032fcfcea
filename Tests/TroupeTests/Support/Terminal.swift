import Foundation
import Synchronization

/// A terminal of eighty columns, and what was written to it.
final class Terminal: Sendable {
    /// What a program has for its standard error.
    let end: FileHandle
    private let master: Int32
    private let written = Mutex<[UInt8]>([])

    init() throws {
        master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var (number, lock): (Int32, Int32) = (0, 0)
        // What `grantpt`, `unlockpt` and `ptsname` do, which the C library hides.
        guard master >= 0, ioctl(master, Self.unlock, &lock) == 0, ioctl(master, Self.name, &number) == 0 else {
            throw TimedOut("there is no terminal: \(String(cString: strerror(errno)))")
        }
        let slave = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY | O_CLOEXEC)
        guard slave >= 0 else { throw TimedOut("the terminal cannot be opened: \(String(cString: strerror(errno)))") }
        var size = winsize(ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(slave, UInt(TIOCSWINSZ), &size)
        end = FileHandle(fileDescriptor: slave, closeOnDealloc: true)
        _ = fcntl(master, F_SETFL, O_NONBLOCK)
    }

    deinit { close(master) }

    /// TIOCSPTLCK and TIOCGPTN.
    private static let (unlock, name): (UInt, UInt) = (0x4004_5431, 0x8004_5430)

    /// Everything that was written so far.
    var text: String {
        written.withLock { written in
            var bytes = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let count = read(master, &bytes, bytes.count)
                guard count > 0 else { break }
                written += bytes[..<count]
            }
            return String(decoding: written, as: UTF8.self)
        }
    }

    /// What was drawn over each other, one after the other.
    var drawings: [String] {
        text.replacing("\r\n", with: "\n").split(separator: "\r").filter { $0.contains(" members") }
            .map { $0.trimmingCharacters(in: .newlines) }
    }
}

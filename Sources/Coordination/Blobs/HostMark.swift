import Foundation

/// A mark that says to the other processes of this machine that this one is about something: a file that it has locked. It ends
/// when nobody holds it any more, or with the process.
///
/// The file is as many bytes long as steps were shown. Nothing is written to it, so that it takes up no room.
final class HostMark: Sendable {
    /// What came of an attempt to set one.
    enum Attempt {
        case set(HostMark)
        /// Another one has set it, and shows so many steps.
        case taken(steps: Int)
        /// There is no such folder.
        case homeless
        case impossible
    }

    private let folder: String
    private let path: String
    private let file: Int32

    private init(folder: String, path: String, file: Int32) {
        self.folder = folder
        self.path = path
        self.file = file
    }

    deinit {
        // While it is locked nobody else removes it, or has another file there.
        unlink(path)
        close(file)
        // Fails, rightly, when another is left.
        rmdir(folder)
    }

    /// Sets the mark of a name in a folder, unless another one has.
    static func set(_ name: String, in folder: String) -> Attempt {
        let path = "\(folder)/\(name)"
        // Whoever takes a mark away may do so between two of these steps.
        for _ in 0..<8 {
            let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o600)
            guard file >= 0 else { return errno == ENOENT ? .homeless : .impossible }
            if flock(file, LOCK_EX | LOCK_NB) == 0 {
                guard isThere(file, path) else {
                    close(file)
                    continue
                }
                ftruncate(file, 0)
                return .set(HostMark(folder: folder, path: path, file: file))
            }
            defer { close(file) }
            var status = stat()
            guard errno == EWOULDBLOCK, fstat(file, &status) == 0 else { return .impossible }
            return .taken(steps: Int(status.st_size))
        }
        return .taken(steps: 0)
    }

    /// Shows the others that it goes on.
    func show(steps: Int) { ftruncate(file, off_t(steps)) }

    private static func isThere(_ file: Int32, _ path: String) -> Bool {
        var (own, present) = (stat(), stat())
        return fstat(file, &own) == 0 && lstat(path, &present) == 0 && own.st_ino == present.st_ino
            && own.st_dev == present.st_dev && own.st_mode & S_IFMT == S_IFREG
    }
}

import Glibc
import Wire

/// The file of those who may take part, as it was when it was last looked at.
struct AuthorizedKeys {
    /// What has become of the file since.
    enum Change {
        case none
        case list(AllowList)
        /// It cannot be read. Nobody new is let in until it can, and nobody is sent away.
        case unreadable(KeyError)
    }

    private let path: String
    private var mark: Mark?
    /// Whether it was there once. Until then nobody was let in yet; afterwards it must not be missing.
    private var wasThere = false

    /// What changes when a file does.
    private struct Mark: Equatable {
        var inode: ino_t = 0
        var size: off_t = 0
        var seconds = 0
        var nanoseconds = 0
        var mode: mode_t = 0
        var changed = 0
    }

    init(path: String) { self.path = path }

    /// Looks at the file; a call of the system when nothing has changed.
    mutating func look() -> Change {
        var status = stat()
        var now = Mark()
        if stat(path, &status) == 0 {
            now = Mark(
                inode: status.st_ino,
                size: status.st_size,
                seconds: status.st_mtim.tv_sec,
                nanoseconds: status.st_mtim.tv_nsec,
                mode: status.st_mode,
                changed: status.st_ctim.tv_sec << 30 | status.st_ctim.tv_nsec
            )
        }
        guard now != mark else { return .none }
        mark = now
        wasThere = wasThere || now != Mark()
        guard wasThere else { return .list(AllowList()) }
        do throws(KeyError) {
            return .list(try KeyFolder.allowList(in: path))
        } catch {
            return .unreadable(error)
        }
    }
}

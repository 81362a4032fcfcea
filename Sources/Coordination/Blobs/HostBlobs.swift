import Foundation
import Synchronization
import Tensors
import Wire

/// Large blobs in files that all processes of one user on this machine map, so that each is in memory once, and comes to the
/// machine once.
///
/// Who wants one that is not here marks it, and places it once it has come, so that others can wait for it. A file is there
/// as long as a process maps it: each holds a lock on it, and the last one to let go removes it. What killed processes leave
/// behind is removed by the next one that looks. Nothing depends on all this: a blob that is not here, or for which there is
/// no room, is got and kept as on a machine of its own.
package final class HostBlobs: Sendable {
    /// Smaller ones are sent sooner than looked for.
    static let smallest = 1 << 20
    private static let markSuffix = ".mark"

    /// Only its owner may look into it or write to it.
    private let folder: String
    private let state = Mutex(State())

    private struct State {
        var wasSwept = false
        /// For names of files that are not complete.
        var count = 0
    }

    /// Where blobs are shared by default: a folder of the user's among the machine's temporary files.
    package convenience init() {
        let parent = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
        self.init(folder: "\(parent)/troupe-blobs-\(geteuid())")
    }

    /// Shares blobs in a folder, which is made when there are some.
    init(folder: String) { self.folder = folder }

    /// What there is of a blob that somebody wants.
    enum Sight {
        /// It is here, checked.
        case found(Frame)
        /// It is not here, and is marked now as on its way here.
        case marked(HostMark)
        /// Another process has marked it, and shows so many steps.
        case taken(steps: Int)
        /// It is not here, or not what it should be, and cannot be marked.
        case unmarkable
    }

    private enum Finding {
        case sound(Frame)
        case absent
        case unusable
    }

    /// A blob that another process has placed here, checked.
    ///
    /// - Returns: nil when it is not here, or not what it should be.
    func find(_ name: Hash, byteCount: Int) -> Frame? {
        if case .sound(let frame) = search(name, byteCount) { frame } else { nil }
    }

    /// Finds a blob, or marks it as on its way here, unless another process has.
    ///
    /// - Parameters:
    ///   - name: The blob.
    ///   - byteCount: How long it must be.
    ///   - number: Which of its marks to set.
    ///   - source: From where it would come. A mark holds only for those that would get it from there, too: elsewhere it may
    ///     come far sooner.
    /// - Returns: what there is of it now. A mark ends when it is let go of.
    func look(for name: Hash, byteCount: Int, mark number: Int, from source: String = "") -> Sight {
        guard byteCount >= Self.smallest else { return .unmarkable }
        // Whoever takes away what was last in the folder takes the folder away.
        for _ in 0..<16 {
            switch search(name, byteCount) {
            case .sound(let frame): return .found(frame)
            case .unusable: return .unmarkable
            case .absent: break
            }
            if mkdir(folder, 0o700) != 0 {
                guard errno == EEXIST else { return .unmarkable }
                // It may have become somebody else's since, who could have any file stand there under the mark's name.
                guard isPrivate else {
                    if errno == ENOENT { continue }
                    return .unmarkable
                }
            }
            if let room = roomInFolder, room < byteCount { return .unmarkable }
            let place = Hash(of: Array(source.utf8)).short
            switch HostMark.set("\(name).\(place)\(Self.markSuffix)\(number)", in: folder) {
            case .set(let mark):
                // Whoever had it before may have placed the blob meanwhile.
                return find(name, byteCount: byteCount).map { .found($0) } ?? .marked(mark)
            case .taken(let steps): return .taken(steps: steps)
            case .homeless: continue
            case .impossible: return .unmarkable
            }
        }
        return .unmarkable
    }

    private func search(_ name: Hash, _ byteCount: Int) -> Finding {
        guard byteCount >= Self.smallest else { return .absent }
        guard isPrivate else { return errno == ENOENT ? .absent : .unusable }
        sweepOnce()
        let path = path(name)
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard file >= 0 else { return errno == ENOENT ? .absent : .unusable }
        // Somebody removes one that is locked otherwise.
        guard flock(file, LOCK_SH | LOCK_NB) == 0 else {
            close(file)
            return .absent
        }
        guard let frame = map(file, at: path, byteCount) else {
            close(file)
            return .unusable
        }
        return frame.blobName == name ? .sound(frame) : .unusable
    }

    /// Free bytes where the folder is; nil when it is not there.
    private var roomInFolder: Int? {
        var status = statvfs()
        guard statvfs(folder, &status) == 0 else { return nil }
        // Some file systems say that there is no end.
        let (room, isMore) = UInt(status.f_bavail).multipliedReportingOverflow(by: UInt(status.f_frsize))
        return isMore ? .max : Int(clamping: room)
    }

    /// Places a blob here for others, if it is large and there is room.
    ///
    /// - Returns: the blob as all map it; where that is not possible, as it was given.
    func place(_ blob: Frame, as name: Hash) -> Frame {
        guard blob.count >= Self.smallest else { return blob }
        if let known = find(name, byteCount: blob.count) { return known }
        guard mkdir(folder, 0o700) == 0 || isPrivate else { return blob }
        return write(blob, as: name) ?? blob
    }

    private func path(_ name: Hash) -> String { "\(folder)/\(name)" }

    /// Whether nobody else can look into the folder; when it is not there, `errno` says so.
    private var isPrivate: Bool {
        var status = stat()
        errno = 0
        return lstat(folder, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR && status.st_uid == geteuid()
            && status.st_mode & 0o077 == 0
    }

    private func write(_ blob: Frame, as name: Hash) -> Frame? {
        let number = state.withLock { state in
            state.count += 1
            return state.count
        }
        let temporary = "\(path(name)).\(getpid()).\(number)"
        let file = open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { return nil }
        defer { unlink(temporary) }
        // Under a link it has its name only if no other has it.
        guard flock(file, LOCK_SH | LOCK_NB) == 0, blob.write(to: file), link(temporary, path(name)) == 0,
            let frame = map(file, at: path(name), blob.count)
        else {
            close(file)
            return nil
        }
        return frame
    }

    /// Maps an open file, on which this process holds a lock, and closes it when the map is not used any more.
    private func map(_ file: Int32, at path: String, _ byteCount: Int) -> Frame? {
        Frame.mapping(file, byteCount: byteCount) { [folder] in
            Self.removeIfUnused(path, file)
            close(file)
            // Fails, rightly, when another is left.
            rmdir(folder)
        }
    }

    /// Removes a file that no other process has locked.
    private static func removeIfUnused(_ path: String, _ file: Int32) {
        if flock(file, LOCK_EX | LOCK_NB) == 0 { unlink(path) }
    }

    private func sweepOnce() {
        let isFirst = state.withLock { state in
            defer { state.wasSwept = true }
            return !state.wasSwept
        }
        if isFirst { sweep() }
    }

    /// Removes what is left of processes that ended without letting go.
    package func sweep() {
        guard isPrivate, let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else { return }
        for name in names {
            let path = "\(folder)/\(name)"
            let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
            guard file >= 0 else { continue }
            Self.removeIfUnused(path, file)
            close(file)
        }
        // Fails, rightly, when another is left.
        rmdir(folder)
    }
}

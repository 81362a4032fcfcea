import Foundation
import Synchronization
import Tensors
import Wire

/// Large blobs in files that all processes of one user on this machine map, so that each is in memory once, and comes to the
/// machine once.
///
/// A file is there as long as a process maps it: each holds a lock on it, and the last one to let go removes it. What killed
/// processes leave behind is removed by the next one that looks. Nothing depends on all this: a blob that is not here, or
/// for which there is no room, is got and kept as on a machine of its own.
package final class HostBlobs: Sendable {
    /// Smaller ones are sent sooner than looked for.
    static let smallest = 1 << 20

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

    /// A blob that another process has placed here, checked.
    ///
    /// - Returns: nil when it is not here, or not what it should be.
    func find(_ name: Hash, byteCount: Int) -> Frame? {
        guard byteCount >= Self.smallest, isPrivate else { return nil }
        sweepOnce()
        let path = path(name)
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard file >= 0 else { return nil }
        // Somebody removes one that is locked otherwise.
        guard flock(file, LOCK_SH | LOCK_NB) == 0, let frame = map(file, at: path, byteCount) else {
            close(file)
            return nil
        }
        return frame.blobName == name ? frame : nil
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

    private var isPrivate: Bool {
        var status = stat()
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

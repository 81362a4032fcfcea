import Foundation
import Synchronization
import Tasks
import Tensors
import Wire

/// Blobs as files of a folder, each named by its content.
///
/// A file appears under its name only when all of it is on the disk, so one that is there was once whole. It is checked
/// against its name when it is first read; one that was damaged since then is removed, and whoever needs the blob gets it
/// from elsewhere.
final class BlobFiles: Sendable {
    private let folder: String
    /// Whether what is damaged is removed.
    private let repairs: Bool
    private let state = Mutex(State())

    private struct State {
        /// Files that were written or checked by this process.
        var sound: Set<Hash> = []
        var damaged = 0
    }

    /// What a file is called until it is whole.
    private static let temporarySuffix = ".part"

    /// Opens the folder, or makes it, and removes what crashes left half-written.
    ///
    /// - Precondition: nobody else writes there meanwhile.
    /// - Throws: `LedgerError.failed`.
    init(folder: String) throws(LedgerError) {
        self.folder = folder
        repairs = true
        guard mkdir(folder, 0o777) == 0 || errno == EEXIST else { throw .system(folder) }
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
            throw .failed(path: folder, reason: "it is no folder that can be listed")
        }
        for name in names where name.hasSuffix(Self.temporarySuffix) { unlink("\(folder)/\(name)") }
    }

    /// Looks at a folder, which need not be there, and changes nothing.
    init(reading folder: String) {
        self.folder = folder
        repairs = false
    }

    /// Damaged files that were found, and removed if that was allowed.
    var damagedCount: Int { state.withLock { $0.damaged } }

    /// The names of all files that may be blobs, sorted.
    var names: [Hash] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).compactMap { Hash($0) }.sorted()
    }

    /// A blob, mapped.
    ///
    /// - Parameters:
    ///   - name: Its name.
    ///   - byteCount: How long it must be.
    /// - Returns: nil when it is not here, or no longer what it was.
    func read(_ name: Hash, byteCount: Int) -> Frame? {
        guard let frame = Frame.mapping(path(name)) else { return nil }
        if frame.count == byteCount {
            if state.withLock({ $0.sound.contains(name) }) { return frame }
            if frame.blobName == name {
                state.withLock { _ = $0.sound.insert(name) }
                return frame
            }
        }
        if repairs { unlink(path(name)) }
        state.withLock {
            $0.sound.remove(name)
            $0.damaged += 1
        }
        return nil
    }

    /// Writes blobs. When it returns, they are on the disk.
    ///
    /// - Throws: `LedgerError.failed`; some may have been written then.
    func write(_ blobs: [(name: Hash, content: Frame)]) throws(LedgerError) {
        var written: [Hash] = []
        for (name, content) in blobs where read(name, byteCount: content.count) == nil {
            let temporary = "\(path(name))\(Self.temporarySuffix)"
            try write(content, to: temporary)
            KillPoint.beforeBlobRename.pass()
            guard rename(temporary, path(name)) == 0 else { throw .system(path(name)) }
            KillPoint.afterBlobRename.pass()
            written.append(name)
        }
        guard !written.isEmpty else { return }
        try syncFolder()
        state.withLock { $0.sound.formUnion(written) }
    }

    /// Removes blobs.
    func remove(_ names: [Hash]) {
        for name in names { unlink(path(name)) }
        state.withLock { $0.sound.subtract(names) }
    }

    /// Leaves nothing behind where nothing was kept.
    func removeFolderIfEmpty() { rmdir(folder) }

    private func path(_ name: Hash) -> String { "\(folder)/\(name)" }

    private func write(_ content: Frame, to path: String) throws(LedgerError) {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard file >= 0 else { throw .system(path) }
        defer { close(file) }
        guard content.write(to: file), fsync(file) == 0 else {
            let error = LedgerError.system(path)
            unlink(path)
            throw error
        }
    }

    private func syncFolder() throws(LedgerError) {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system(folder) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .system(folder) }
    }
}

extension LedgerError {
    /// The last call of the system failed.
    static func system(_ path: String) -> LedgerError {
        .failed(path: path, reason: String(cString: strerror(errno)).lowercased())
    }
}

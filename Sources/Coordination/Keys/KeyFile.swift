import Foundation
import Glibc
import Wire

/// Reads and writes files of keys: whole or not at all, and only where nobody else can have touched them.
enum KeyFile {
    /// Who may see what a file holds.
    enum Reader {
        /// Its owner.
        case owner
        /// Anybody; but only the owner may change it.
        case anybody

        fileprivate var forbidden: mode_t { self == .owner ? 0o077 : 0o022 }
        fileprivate var mode: mode_t { self == .owner ? 0o600 : 0o644 }
        fileprivate var remedy: String { self == .owner ? "chmod 600" : "chmod go-w" }
    }

    // MARK: Reading

    /// Reads a file.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - reader: Who may see what it holds.
    ///   - ending: How the names of such files end, if the user names the file.
    ///   - hint: What to do when it is not there.
    /// - Returns: What it holds.
    /// - Throws: `KeyError` when it is not there, too long, somebody else's, or open to those it is not for.
    static func read(
        _ path: String,
        for reader: Reader,
        ending: String? = nil,
        hint: String
    ) throws(KeyError) -> ErasedBytes {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            guard errno == ENOENT || errno == ENOTDIR else { throw .failed(path: path, action: "read", reason: last) }
            if let ending, access(path + ending, F_OK) == 0 {
                throw .missing(path: path, hint: "Did you mean \(path)\(ending)?")
            }
            throw .missing(path: path, hint: hint)
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .failed(path: path, action: "read", reason: last) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            guard status.st_mode & S_IFMT == S_IFDIR else { throw .malformed(path: path, reason: "it is no file") }
            guard let ending else { throw .malformed(path: path, reason: "it is a folder") }
            throw .isFolder(path: path, example: example(in: path, ending: ending))
        }
        try check(path, status, forbidden: reader.forbidden, remedy: reader.remedy)
        guard status.st_size <= KeyText.longest else {
            throw .malformed(path: path, reason: "it has more than \(KeyText.longest) bytes")
        }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size) + 1)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        guard count >= 0 else { throw .failed(path: path, action: "read", reason: last) }
        bytes.removeLast(bytes.count - count)
        return ErasedBytes(bytes)
    }

    /// The first file of a folder whose name ends so, or what one would be called.
    private static func example(in folder: String, ending: String) -> String {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let place = folder.hasSuffix("/") ? folder : folder + "/"
        return place + (names.filter { $0.hasSuffix(ending) }.min() ?? "NAME" + ending)
    }

    private static func check(
        _ path: String,
        _ status: stat,
        forbidden: mode_t,
        remedy: String
    ) throws(KeyError) {
        guard status.st_uid == geteuid() || status.st_uid == 0 else { throw .foreign(path: path) }
        guard status.st_mode & forbidden == 0 else {
            let mode = String(status.st_mode & 0o7777, radix: 8)
            throw .exposed(path: path, mode: mode, remedy: "\(remedy) \(quoted(path))")
        }
    }

    /// A path as a shell takes it.
    private static func quoted(_ path: String) -> String {
        let isPlain = path.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "./-_+,".utf8.contains(byte)
            }
        }
        return isPlain ? path : "'\(path.replacing("'", with: "'\\''"))'"
    }

    // MARK: Writing

    /// Makes a folder for its owner alone, and those above it; one that exists must be so already.
    static func makeFolder(_ path: String) throws(KeyError) {
        var above = path[...]
        while above.last == "/" { above.removeLast() }
        if let slash = above.lastIndex(of: "/"), slash != above.startIndex {
            let parent = String(above[..<slash])
            if access(parent, F_OK) != 0 { try makeFolder(parent) }
        }
        guard mkdir(path, 0o700) != 0 else { return }
        guard errno == EEXIST else { throw .failed(path: path, action: "created", reason: last) }
        try checkFolder(path)
    }

    /// Makes sure that nobody but the owner can put files into a folder, or see which there are.
    static func checkFolder(_ path: String) throws(KeyError) {
        var status = stat()
        guard stat(path, &status) == 0 else { throw .failed(path: path, action: "opened", reason: last) }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw .failed(path: path, action: "used", reason: "it is no folder")
        }
        try check(path, status, forbidden: 0o077, remedy: "chmod 700")
    }

    /// Writes a file that is there as a whole, or not at all, whatever happens, in place of another only if it `replaces`.
    ///
    /// - Throws: `KeyError.exists`, or another one when the system refuses.
    static func write(_ content: [UInt8], to path: String, for reader: Reader, replaces: Bool) throws(KeyError) {
        let folder = Self.folder(of: path)
        let temporary = "\(folder)/.\(name(of: path)).\(String(UInt64.random(in: 0 ... .max), radix: 36))"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, reader.mode)
        guard descriptor >= 0 else { throw .failed(path: path, action: "written", reason: last) }
        defer { unlink(temporary) }
        defer { close(descriptor) }
        // Whatever the process's mask says. In one piece, since no copy of a secret shall be left behind.
        guard fchmod(descriptor, reader.mode) == 0, Glibc.write(descriptor, content, content.count) == content.count,
            fsync(descriptor) == 0
        else { throw .failed(path: path, action: "written", reason: last) }
        if replaces {
            guard rename(temporary, path) == 0 else { throw .failed(path: path, action: "replaced", reason: last) }
        } else {
            guard link(temporary, path) == 0 else {
                if errno == EEXIST { throw .exists(path: path) }
                throw .failed(path: path, action: "written", reason: last)
            }
        }
        let directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { return }
        fsync(directory)
        close(directory)
    }

    /// Does something while no other process does so in this folder.
    static func alone<Result>(in folder: String, _ body: () throws(KeyError) -> Result) throws(KeyError) -> Result {
        let directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw .failed(path: folder, action: "opened", reason: last) }
        defer { close(directory) }
        while flock(directory, LOCK_EX) != 0 {
            guard errno == EINTR else { throw .failed(path: folder, action: "locked", reason: last) }
        }
        return try body()
    }

    /// The folder that a path leads into.
    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func name(of path: String) -> String {
        String(path[(path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex)...])
    }

    private static var last: String { String(cString: strerror(errno)) }
}

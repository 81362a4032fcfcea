import Foundation
import Synchronization
import Tasks

/// A folder that is being made: its files appear under its name all at once, when they are complete, or not at all.
///
/// Until then they lie in `<name>.partial`; so a place that cannot be written to is found before a long training, not after
/// it, and two programs cannot make the same folder. It exists as long as this object does, and longer when it holds work
/// that another run shall go on with.
public final class OutputFolder: Sendable {
    /// The folder to be.
    public let path: String
    /// The folder without links on the way.
    private let target: String
    private let partial: String
    private let names: [String]
    private let working: [String]
    private let keepsWork: Mutex<Bool>
    private let lock: Int32
    /// The folders above it that did not exist, innermost first.
    private let above: [String]

    /// Reserves a folder.
    ///
    /// - Parameters:
    ///   - path: The folder to be. It may exist if it is empty, or holds nothing but the files that will replace its own.
    ///   - names: The files that it will hold, the one that makes the folder valid last.
    ///   - working: Files that lie in `workFolder` while the folder is being made. Those of an earlier run that was killed are
    ///     found there again. A name that ends with a slash is a folder of files.
    ///   - force: Whether the folder may hold other files too; they are left alone.
    ///   - fresh: Whether the work of an earlier run is given up.
    /// - Throws: `OutputError`.
    public init(
        _ path: String,
        holding names: [String],
        working: [String] = [],
        force: Bool = false,
        fresh: Bool = false
    ) throws(OutputError) {
        self.path = path
        self.names = names
        self.working = working
        target = try Self.resolved(path)
        partial = Self.partial(of: target)
        try Self.checkAbsentOrOurs(
            target,
            named: path,
            names: names + working + names.map(Self.temporary),
            force: force
        )
        // Taken before the object exists: what fails here must not clean up after the one who has the folder.
        let place = partial
        (lock, above) = try Self.lock(place, for: path)
        keepsWork = Mutex(working.contains { access("\(place)/\($0)", F_OK) == 0 })
        for name in names + (fresh ? working : []) { Self.remove(name, from: place) }
        if fresh, let name = working.first(where: { access("\(place)/\($0)", F_OK) == 0 }) {
            throw .failed(path: "\(place)/\(name)", action: "removed", reason: "it is not what troupe puts there")
        }
        if fresh { keepWork(false) }
        if let last = names.last { try Self.checkWritable(target, named: path, by: Self.temporary(last)) }
        Self.note(owner: "process \(getpid()) on \(ProcessInfo.processInfo.hostName)", in: place)
    }

    /// Where a folder is made.
    static func partial(of path: String) -> String { withoutSlash(path) + ".partial" }

    /// The file that says who has the folder; only for people, since the lock is what counts.
    private static let ownerName = ".owner"

    private static func note(owner: String, in place: String) {
        let path = "\(place)/\(ownerName)"
        unlink(path)
        // Without it a refusal names nobody.
        _ = FileManager.default.createFile(atPath: path, contents: Data(owner.utf8))
    }

    /// Who has a folder, as far as can be told.
    private static func owner(of place: String) -> String {
        let handle = FileHandle(forReadingAtPath: "\(place)/\(ownerName)")
        let text = (try? handle?.read(upToCount: 256)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let isPlain = !text.isEmpty && text.unicodeScalars.allSatisfy { $0.isASCII && $0.value >= 32 }
        return isPlain ? text : "another troupe"
    }

    /// Removes a file, or a folder of files.
    private static func remove(_ name: String, from place: String) {
        let path = "\(place)/\(name)"
        guard unlink(name.hasSuffix("/") ? String(path.dropLast()) : path) != 0, errno != ENOENT else { return }
        if name.hasSuffix("/") {
            for file in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] { unlink(path + file) }
        }
        // Fails, rightly, when something else lies in it.
        rmdir(path)
    }

    /// The folder of the working files.
    public var workFolder: String { partial }

    /// Says whether the working files stay when this object goes without having been committed. At first they do if they are
    /// those of an earlier run.
    public func keepWork(_ keeps: Bool) { keepsWork.withLock { $0 = keeps } }

    deinit {
        defer { close(lock) }
        guard !keepsWork.withLock({ $0 }) else { return }
        // After a commit the name may be that of another run's folder.
        var (held, named) = (stat(), stat())
        guard fstat(lock, &held) == 0, stat(partial, &named) == 0, held.st_ino == named.st_ino else { return }
        for name in names + working + [Self.ownerName] { Self.remove(name, from: partial) }
        // Fails, rightly, when something else lies in it.
        rmdir(partial)
        for folder in above { rmdir(folder) }
    }

    /// Writes the files and gives the folder its name.
    ///
    /// - Parameters:
    ///   - contents: One content for each name.
    ///   - kept: Those of the working files that stay in the folder.
    /// - Throws: `OutputError.failed`, with nothing changed under the folder's name.
    public func commit(_ contents: [[UInt8]], keeping kept: [String] = []) throws(OutputError) {
        precondition(contents.count == names.count, "one content for each file")
        for (name, content) in zip(names, contents) { try Self.write(content, to: "\(partial)/\(name)") }
        guard fsync(lock) == 0 else { throw .failed(path: partial, action: "written", reason: FileProblem.last) }
        KillPoint.beforeRename.pass()
        if hasStrangers {
            // What somebody else put there is not part of the model.
            guard mkdir(target, 0o777) == 0 || errno == EEXIST else {
                throw .failed(path: path, action: "created", reason: FileProblem.last)
            }
            try replaceFiles(contents, keeping: kept)
        } else {
            unlink("\(partial)/\(Self.ownerName)")
            if rename(partial, target) != 0 {
                // The folder exists and holds something, something is mounted there, or it is not ours to take away.
                guard [ENOTEMPTY, EEXIST, EBUSY, EXDEV, EPERM, EACCES].contains(errno) else {
                    throw .failed(path: path, action: "created", reason: FileProblem.last)
                }
                try replaceFiles(contents, keeping: kept)
            }
        }
        syncFolder(above: target)
        KillPoint.afterRename.pass()
        // Only now: a kill before this moment has cost no work.
        for name in working where !kept.contains(name) { Self.remove(name, from: target) }
        keepWork(false)
    }

    /// Whether somebody else has put something into the folder that is being made.
    private var hasStrangers: Bool {
        let ours = (names + working + [Self.ownerName]).map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
        let found = (try? FileManager.default.contentsOfDirectory(atPath: partial)) ?? []
        return found.contains { !ours.contains($0) }
    }

    /// The new name shall survive a failure of the power. That it does not is no reason to give the model up.
    private func syncFolder(above path: String) {
        let folder = open(
            URL(fileURLWithPath: path).deletingLastPathComponent().path,
            O_RDONLY | O_DIRECTORY | O_CLOEXEC
        )
        guard folder >= 0 else { return }
        fsync(folder)
        close(folder)
    }

    /// Puts the files into a folder that stays. Without the file that makes it valid it is no model for a moment, but never
    /// one that is made of an old and a new part.
    private func replaceFiles(_ contents: [[UInt8]], keeping kept: [String]) throws(OutputError) {
        let files = names.map { (new: "\(target)/\(Self.temporary($0))", final: "\(target)/\($0)") }
        defer { for file in files { unlink(file.new) } }
        for (file, content) in zip(files, contents) { try Self.write(content, to: file.new) }
        if let last = files.last { unlink(last.final) }
        for name in working { Self.remove(name, from: target) }
        for name in kept where access("\(partial)/\(name)", F_OK) == 0 { try move(name) }
        for file in files where rename(file.new, file.final) != 0 {
            throw .failed(path: file.final, action: "replaced", reason: FileProblem.last)
        }
    }

    /// Moves a working file to where the model is, if need be to another file system.
    private func move(_ name: String) throws(OutputError) {
        let plain = name.hasSuffix("/") ? String(name.dropLast()) : name
        guard rename("\(partial)/\(plain)", "\(target)/\(plain)") != 0 else { return }
        do {
            try FileManager.default.copyItem(atPath: "\(partial)/\(plain)", toPath: "\(target)/\(plain)")
        } catch {
            throw .failed(path: "\(target)/\(plain)", action: "written", reason: FileProblem.last)
        }
    }

    /// What a file is called in a folder that stays until it is whole; a run that was killed may have left it.
    private static func temporary(_ name: String) -> String { ".\(name).partial" }

    /// The place itself, when links lead to it.
    private static func resolved(_ path: String) throws(OutputError) -> String {
        guard !path.isEmpty else { throw .noName }
        var link = stat()
        guard lstat(path, &link) == 0 else { return withoutSlash(path) }
        guard let place = realpath(path, nil) else {
            throw .failed(path: path, action: "created", reason: "a link of that name leads nowhere")
        }
        defer { free(place) }
        return String(cString: place)
    }

    /// Makes a folder, and those above it, and holds it as long as the descriptor that is returned stays open.
    private static func lock(_ partial: String, for path: String) throws(OutputError) -> (Int32, [String]) {
        var above: [String] = []
        while true {
            try makeFolder(partial, above: &above)
            let lock = open(partial, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            guard lock >= 0 else { throw .failed(path: partial, action: "opened", reason: FileProblem.last) }
            guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
                close(lock)
                throw .inUse(path: path, by: owner(of: partial))
            }
            // Who had it before may have removed it between our opening and our holding it.
            var (held, named) = (stat(), stat())
            if fstat(lock, &held) == 0, stat(partial, &named) == 0, held.st_ino == named.st_ino { return (lock, above) }
            close(lock)
        }
    }

    private static func makeFolder(_ path: String, above: inout [String]) throws(OutputError) {
        guard mkdir(path, 0o777) != 0, errno != EEXIST else { return }
        guard errno == ENOENT, let slash = path.dropFirst().lastIndex(of: "/") else {
            throw .failed(path: path, action: "created", reason: FileProblem.last)
        }
        let parent = String(path[..<slash])
        try makeFolder(parent, above: &above)
        above.insert(parent, at: 0)
        guard mkdir(path, 0o777) == 0 || errno == EEXIST else {
            throw .failed(path: path, action: "created", reason: FileProblem.last)
        }
    }

    private static func write(_ content: [UInt8], to path: String) throws(OutputError) {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard file >= 0 else { throw .failed(path: path, action: "created", reason: FileProblem.last) }
        defer { close(file) }
        var written = 0
        while written < content.count {
            let count = content[written...].withUnsafeBytes { Foundation.write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .failed(path: path, action: "written", reason: FileProblem.last) }
            written += count
        }
        guard fsync(file) == 0 else { throw .failed(path: path, action: "written", reason: FileProblem.last) }
    }

    private static func checkAbsentOrOurs(
        _ target: String,
        named path: String,
        names: [String],
        force: Bool
    ) throws(OutputError) {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: target, isDirectory: &isFolder) else { return }
        guard isFolder.boolValue else { throw .isFile(path: path) }
        guard let found = try? FileManager.default.contentsOfDirectory(atPath: target).sorted() else {
            throw .failed(path: path, action: "read", reason: "its content cannot be listed")
        }
        let ours = names.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
        guard let other = found.first(where: { !ours.contains($0) }) else { return }
        guard force else { throw .notOurs(path: path, holds: other) }
    }

    /// Tries whether files can be put into a folder that exists: it may be another file system than that of the folder beside
    /// it, or somebody else's.
    private static func checkWritable(_ target: String, named path: String, by name: String) throws(OutputError) {
        guard access(target, F_OK) == 0 else { return }
        let file = open("\(target)/\(name)", O_WRONLY | O_CREAT | O_CLOEXEC, 0o666)
        guard file >= 0 else { throw .failed(path: path, action: "written to", reason: FileProblem.last) }
        close(file)
        unlink("\(target)/\(name)")
    }

    private static func withoutSlash(_ path: String) -> String {
        var path = path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        return path
    }
}

/// Why a folder cannot be made.
public enum OutputError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The name is empty.
    case noName
    /// There is a file of that name.
    case isFile(path: String)
    /// The folder exists and holds something of somebody else.
    case notOurs(path: String, holds: String)
    /// Another program is making it.
    case inUse(path: String, by: String)
    /// The system refused.
    case failed(path: String, action: String, reason: String)

    /// What is wrong and what to do.
    public var description: String {
        switch self {
        case .noName: "--output is empty, but must be the name of a folder. Leave it out for the usual one."
        case .isFile(let path): "\(path): this is a file, but the output is a folder. Choose another with --output."
        case .notOurs(let path, let holds):
            "\(path): this folder holds other things than a model, such as '\(holds)'. Choose another with --output, "
                + "or put the model beside them with --force."
        case .inUse(let path, let owner):
            "\(path): \(owner) is writing there. Wait for it, or choose another with --output."
        case .failed(let path, let action, let reason):
            "\(path): cannot be \(action): \(reason). See to it that there is room and that you may write there, or choose "
                + "another with --output."
        }
    }
}

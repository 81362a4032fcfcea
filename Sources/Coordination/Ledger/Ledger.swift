import Foundation
import Synchronization
public import Tasks
public import Tensors
import Wire

/// What a job has computed so far, in a file, so that it goes on after a crash: the outputs of recorded tasks by the task's
/// hash, and the snapshots of recipes.
///
/// A task is a pure function of its hash, so a record can never be stale. Every record carries a digest of its own; one
/// that does not fit it is not used.
public actor Ledger {
    /// The files that it keeps in its folder.
    public static let fileNames = [name, name + "-wal", name + "-journal", counterName]
    private static let name = "ledger.sqlite"
    private static let counterName = "ledger.count"
    private static let format = "troupe ledger 1"
    /// The largest output that is written down, in bytes; a task with a larger one is computed again.
    static let mostBytes = 1 << 29

    /// The thread on which it waits for the disk.
    nonisolated let loop: Loop
    /// That thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    private nonisolated let reuses = Atomic<Int>(0)
    /// Tasks whose outputs were asked for and found.
    public nonisolated var reused: Int { reuses.load(ordering: .relaxed) }

    private let path: String
    private let database: Database
    /// What an earlier run left.
    public nonisolated let earlier: Earlier
    private nonisolated let tally: Tally

    /// What an earlier run of the job left.
    public struct Earlier: Hashable, Sendable {
        /// Tasks whose outputs are there, which are not run again.
        public var recorded: Int
        /// Tasks that were finished before the last snapshot, which are not run again either.
        public var covered: Int
        /// Tasks that were finished and of which nothing was written down, so that they are run again.
        public var lost: Int
    }

    /// Opens the ledger of a job, or begins one.
    ///
    /// - Parameters:
    ///   - folder: The folder for its files; nobody else may use them meanwhile.
    ///   - job: What decides the model.
    /// - Throws: `LedgerError`.
    public init(folder: String, job: Hash) throws(LedgerError) {
        path = "\(folder)/\(Self.name)"
        do throws(SocketError) {
            loop = try Loop(name: "ledger")
        } catch {
            throw .failed(path: path, reason: error.description)
        }
        database = try Database(path: path)
        try Self.prepare(database, path: path, job: job)
        let recorded = try database.rows("SELECT count(*) FROM tasks").first?.first?.integer ?? 0
        let mark = try database.rows("SELECT max(mark) FROM snapshots").first?.first?.integer ?? 0
        tally = try Tally(path: "\(folder)/\(Self.counterName)", mark: UInt64(max(0, mark)))
        earlier = Earlier(recorded: Int(recorded), covered: Int(max(0, mark)), lost: tally.lost)
    }

    private static func prepare(_ database: Database, path: String, job: Hash) throws(LedgerError) {
        let tables = try database.rows("SELECT name FROM sqlite_master WHERE type = 'table'")
        guard tables.isEmpty else {
            guard tables.contains([.text("about")]),
                let about = try database.rows("SELECT format, job FROM about").first, about.count == 2
            else { throw .format(path: path, found: "another kind of database") }
            guard about[0].text == format else { throw .format(path: path, found: about[0].text ?? "of no format") }
            guard about[1].blob != job.bytes else { return }
            guard try isEmpty(database) else { throw .otherJob(path: path) }
            try database.rows("UPDATE about SET job = ?", [.blob(job.bytes)])
            return
        }
        try database.transaction { () throws(LedgerError) in
            try database.rows("CREATE TABLE about (format TEXT, job BLOB)")
            try database.rows(
                "CREATE TABLE tasks (task BLOB PRIMARY KEY, role TEXT, outputs BLOB, digest BLOB) WITHOUT ROWID"
            )
            try database.rows("CREATE TABLE blobs (name BLOB PRIMARY KEY, content BLOB)")
            try database.rows(
                "CREATE TABLE snapshots (name TEXT PRIMARY KEY, step INTEGER, mark INTEGER, content BLOB, digest BLOB)"
            )
            try database.rows("INSERT INTO about VALUES (?, ?)", [.text(format), .blob(job.bytes)])
        }
    }

    // MARK: Tasks

    /// The outputs of a task that is recorded; nil when it is not, or when what was recorded is damaged.
    ///
    /// - Throws: `LedgerError.failed`.
    public func outputs(of task: Hash) throws(LedgerError) -> [TensorValue]? {
        guard
            let row = try database.rows("SELECT outputs, digest FROM tasks WHERE task = ?", [.blob(task.bytes)]).first,
            row.count == 2, let names = row[0].blob, Self.digest(task.bytes, names).bytes == row[1].blob
        else { return nil }
        var values: [TensorValue] = []
        for start in stride(from: 0, to: names.count, by: Hash.byteCount) {
            let name = Array(names[start..<min(start + Hash.byteCount, names.count)])
            let found = try database.rows("SELECT content FROM blobs WHERE name = ?", [.blob(name)])
            guard let blob = found.first?.first?.blob, Hash.ofBlob(blob).bytes == name,
                let value = TensorValue(blob: blob)
            else { return nil }
            values.append(value)
        }
        reuses.add(1, ordering: .relaxed)
        return values
    }

    /// Writes results down, all of them or none. When it returns they are durable.
    ///
    /// - Throws: `LedgerError.failed`, with nothing written. Nothing can be recorded any more then: what the system says of
    ///   the disk after an error is not to be trusted.
    public func record(_ records: [LedgerRecord]) throws(LedgerError) {
        try database.transaction { () throws(LedgerError) in
            for record in records {
                let blobs = record.outputs.map(\.blob)
                let names = blobs.map { Hash.ofBlob($0).bytes }
                let joined = Array(names.joined())
                for (name, blob) in zip(names, blobs) {
                    try database.rows("INSERT OR REPLACE INTO blobs VALUES (?, ?)", [.blob(name), .blob(blob)])
                }
                try database.rows(
                    "INSERT OR REPLACE INTO tasks VALUES (?, ?, ?, ?)",
                    [
                        .blob(record.task.bytes), .text(record.role.description), .blob(joined),
                        .blob(Self.digest(record.task.bytes, joined).bytes),
                    ]
                )
            }
        }
    }

    /// Counts a task that is not recorded. Cheap enough for thousands in a second.
    public nonisolated func noteUnrecorded() { tally.add() }

    // MARK: Snapshots

    /// Writes down a snapshot, in place of an earlier one of this name.
    ///
    /// - Throws: `LedgerError.failed`, with the earlier one as it was.
    public func save(_ snapshot: Snapshot, as name: String) throws(LedgerError) {
        let content = snapshot.content
        try database.rows(
            "INSERT OR REPLACE INTO snapshots VALUES (?, ?, ?, ?, ?)",
            [
                .text(name), .integer(Int64(snapshot.step)), .integer(Int64(tally.total)), .blob(content),
                .blob(Self.digest(Array(name.utf8), content).bytes),
            ]
        )
    }

    /// The last snapshot of a name; nil when there is none.
    ///
    /// - Throws: `LedgerError.failed`, also when it is damaged: what it stood for would have to be computed again.
    public func snapshot(_ name: String) throws(LedgerError) -> Snapshot? {
        let rows = try database.rows("SELECT step, content, digest FROM snapshots WHERE name = ?", [.text(name)])
        guard let row = rows.first else { return nil }
        guard row.count == 3, let step = row[0].integer, let content = row[1].blob,
            Self.digest(Array(name.utf8), content).bytes == row[2].blob,
            let snapshot = Snapshot(step: Int(step), content: content)
        else { throw .failed(path: path, reason: "the snapshot '\(name)' is damaged") }
        return snapshot
    }

    /// Whether a run that is started now would have something to go on with.
    public var isEmpty: Bool { get throws(LedgerError) { try Self.isEmpty(database) } }

    private static func isEmpty(_ database: Database) throws(LedgerError) -> Bool {
        let count = "SELECT (SELECT count(*) FROM tasks) + (SELECT count(*) FROM snapshots)"
        return try database.rows(count).first?.first == .integer(0)
    }

    private static func digest(_ name: [UInt8], _ content: [UInt8]) -> Hash { Hash(of: name + Hash(of: content).bytes) }
}

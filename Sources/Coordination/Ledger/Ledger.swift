public import Foundation
import Synchronization
import Tasks
public import Tensors
import Wire

/// What a job has computed so far, in a folder, so that it goes on after a crash: the outputs of recorded tasks by the
/// task's hash, the snapshots of recipes, and how the job stands.
///
/// A task is a pure function of its hash, so a record can never be stale. Whatever is written carries a digest of its own:
/// of a damaged record the task is computed again, of a damaged snapshot the one before it is used, and a ledger that does
/// not say any more whose it is, is refused. When a method that writes returns, what it wrote is on the disk; after one
/// that failed, nothing more is written.
public actor Ledger {
    /// The files that it keeps in its folder; a name that ends with a slash is a folder of files.
    public static let fileNames = [name, name + "-wal", name + "-journal", counterName, blobsName]
    /// Those of them that a finished ledger needs.
    public static let finishedNames = [name, blobsName]
    private static let name = "ledger.sqlite"
    private static let counterName = "ledger.count"
    private static let blobsName = "blobs/"
    /// The largest output that is written down, in bytes; a task with a larger one is computed again.
    static let mostBytes = 1 << 29
    /// The largest blob that lies within its record; others are files.
    static let mostInline = 256 << 10
    /// Of those, the ones from here on are marked in their records, since they were files once.
    private static let mostUnmarked = 64 << 10
    private static let inlineMark: UInt64 = 1 << 63

    /// The thread on which it waits for the disk.
    nonisolated let loop: Loop
    /// That thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    private nonisolated let reuses = Atomic<Int>(0)
    /// Tasks whose outputs were asked for and found.
    public nonisolated var reused: Int { reuses.load(ordering: .relaxed) }

    let path: String
    let database: Database
    let files: BlobFiles
    let tally: Tally
    /// Where the last record of each task is. In memory, since an index in the file would cost a page for each record, and
    /// could contradict it.
    private var rows: [Hash: Int64] = [:]
    /// Tasks that an earlier run recorded, and of which the record was not looked at yet.
    private var unread: Set<Hash> = []
    /// The job's state, as it was when the ledger was opened.
    public nonisolated let state: JobState
    /// What an earlier run left.
    public nonisolated let earlier: Earlier
    /// Why nothing more is written: after a failure it is not known what is on the disk.
    private var failure: LedgerError?

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
    /// - Throws: `LedgerError`, before anything is written if the ledger is that of another job or version.
    public init(folder: String, job: Hash) throws(LedgerError) {
        try self.init(folder: folder, state: JobState(job: job))
    }

    /// Opens the ledger of a job, or begins one.
    ///
    /// - Parameters:
    ///   - folder: The folder for its files; nobody else may use them meanwhile.
    ///   - state: The job. What an earlier run of it wrote down counts, except that it was insecure if any run was.
    /// - Throws: `LedgerError`, before anything is written if the ledger is that of another job or version.
    public init(folder: String, state: JobState) throws(LedgerError) {
        try self.init(folder: folder, state: state, through: nil)
    }

    /// The same, through the SQLite file system of a name.
    init(folder: String, state: JobState, through system: String?) throws(LedgerError) {
        path = "\(folder)/\(Self.name)"
        loop = try Self.loop(path)
        try LedgerFile.check(path)
        database = try Database(path: path, through: system)
        self.state = try Self.prepare(database, path: path, state)
        try database.checkPlace()
        files = try BlobFiles(folder: "\(folder)/\(Self.blobsName.dropLast())")
        for row in try database.rows("SELECT rowid, task FROM tasks ORDER BY rowid") {
            guard let number = row[0].integer, let task = row[1].blob.flatMap({ Hash(bytes: $0) }) else { continue }
            rows[task] = number
        }
        let mark = try database.rows("SELECT max(mark) FROM snapshots").first?.first?.integer ?? 0
        tally = try Tally(path: "\(folder)/\(Self.counterName)", mark: UInt64(max(0, mark)))
        earlier = Earlier(recorded: rows.count, covered: Int(max(0, mark)), lost: tally.lost)
        unread = Set(rows.keys)
    }

    /// Opens the ledger of a finished job, to look at it.
    ///
    /// - Throws: `LedgerError`, `.absent` when there is none.
    public init(finishedIn folder: String) throws(LedgerError) {
        let path = "\(folder)/\(Self.name)"
        guard access(path, F_OK) == 0 else { throw .absent(path: path) }
        try LedgerFile.check(path)
        self.path = path
        loop = try Self.loop(path)
        database = try Database(path: path, writing: false)
        guard let state = try Self.state(in: database, path: path) else {
            throw .damaged(path: path, what: "its header")
        }
        self.state = state
        files = BlobFiles(reading: "\(folder)/\(Self.blobsName.dropLast())")
        for row in try database.rows("SELECT rowid, task FROM tasks ORDER BY rowid") {
            guard let number = row[0].integer, let task = row[1].blob.flatMap({ Hash(bytes: $0) }) else { continue }
            rows[task] = number
        }
        tally = Tally()
        earlier = Earlier(recorded: rows.count, covered: 0, lost: 0)
        failure = .failed(path: path, reason: "the job is finished")
    }

    private static func loop(_ path: String) throws(LedgerError) -> Loop {
        do throws(SocketError) {
            return try Loop(name: "ledger")
        } catch {
            throw .failed(path: path, reason: error.description)
        }
    }

    private static func prepare(
        _ database: Database,
        path: String,
        _ state: JobState
    ) throws(LedgerError) -> JobState {
        guard try database.rows("SELECT name FROM sqlite_master WHERE type = 'table'").isEmpty else {
            guard var found = try Self.state(in: database, path: path) else {
                throw .damaged(path: path, what: "its header")
            }
            if found.job != state.job {
                guard try isEmpty(database) else { throw .otherJob(path: path) }
                found = state
            }
            found.isInsecure = found.isInsecure || state.isInsecure
            found.finished = nil
            found.source = state.source
            try database.keepLog()
            try write(found, in: database)
            return found
        }
        // All at once, so that a file that is not empty always says what it is.
        try database.transaction { () throws(LedgerError) in
            try database.rows("PRAGMA application_id = \(LedgerFile.application)")
            try database.rows("PRAGMA user_version = \(LedgerFile.version)")
            try database.rows(
                """
                CREATE TABLE about (job BLOB, seed BLOB, numerics INTEGER, started INTEGER, insecure INTEGER, \
                finished INTEGER, source BLOB, digest BLOB)
                """
            )
            try database.rows(
                """
                CREATE TABLE tasks (task BLOB, program BLOB, role TEXT, attempt INTEGER, worker TEXT, \
                nanoseconds INTEGER, finished INTEGER, outputs BLOB, content BLOB, digest BLOB)
                """
            )
            try database.rows(
                "CREATE TABLE snapshots (name TEXT, step INTEGER, mark INTEGER, content BLOB, digest BLOB)"
            )
            try write(state, in: database)
        }
        try database.keepLog()
        return state
    }

    // MARK: The job

    private static func state(in database: Database, path: String) throws(LedgerError) -> JobState? {
        let rows = try database.rows(
            "SELECT job, seed, numerics, started, insecure, finished, source, digest FROM about"
        )
        guard rows.count == 1, let row = rows.first, digest(row.dropLast()) == row.last?.blob,
            let job = row[0].blob.flatMap({ Hash(bytes: $0) }), let seed = row[1].blob, seed.count == 8,
            let numerics = row[2].integer, let started = row[3].integer, let insecure = row[4].integer,
            let source = row[6].blob.flatMap({ JobSource(encoded: $0) })
        else { return nil }
        var state = JobState(
            job: job,
            seed: seed.reversed().reduce(0) { $0 << 8 | UInt64($1) },
            numericsVersion: UInt32(truncatingIfNeeded: numerics),
            started: Date(milliseconds: started),
            isInsecure: insecure != 0,
            source: source
        )
        state.finished = row[5].integer.map { Date(milliseconds: $0) }
        return state
    }

    private static func write(_ state: JobState, in database: Database) throws(LedgerError) {
        var seed: [UInt8] = []
        seed.append(littleEndian: state.seed)
        let values: [Database.Value] = [
            .blob(state.job.bytes), .blob(seed), .integer(Int64(state.numericsVersion)),
            .integer(state.started.milliseconds), .integer(state.isInsecure ? 1 : 0),
            state.finished.map { .integer($0.milliseconds) } ?? .nothing, .blob(state.source.encoded),
        ]
        if try Self.state(in: database, path: "")?.matches(state) == true { return }
        try database.rows("DELETE FROM about")
        try database.rows("INSERT INTO about VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values + [.blob(digest(values))])
    }

    /// Notes that the model is made, and puts everything into one file and the blobs beside it. What an earlier run recorded, and
    /// nobody has asked for, is left out if it is damaged: its name may be, so that no task of the job has it.
    ///
    /// - Throws: `LedgerError.failed`.
    public func finish(at time: Date) throws(LedgerError) {
        try writing { () throws(LedgerError) in
            var state = state
            state.finished = time
            let final = state
            var damaged: [Int64] = []
            for task in unread.sorted() where try record(of: task) == nil {
                if let row = rows.removeValue(forKey: task) { damaged.append(row) }
            }
            let left = damaged
            try database.transaction { () throws(LedgerError) in
                for row in left { try database.rows("DELETE FROM tasks WHERE rowid = ?", [.integer(row)]) }
                try Self.write(final, in: database)
            }
            try database.dropLog()
            files.removeFolderIfEmpty()
            failure = .failed(path: path, reason: "the job is finished")
        }
    }

    // MARK: Tasks

    /// The tasks that are recorded, in the order in which they were.
    public var tasks: [Hash] { rows.sorted { $0.value < $1.value }.map(\.key) }

    /// Those of some tasks that are recorded, though the record of one may be damaged.
    func recorded(among tasks: [Hash]) -> Set<Hash> { rows.isEmpty ? [] : Set(tasks.filter { rows[$0] != nil }) }

    /// The outputs of a task that is recorded; nil when it is not, or when what was recorded is damaged.
    ///
    /// - Throws: `LedgerError.failed`.
    public func outputs(of task: Hash) throws(LedgerError) -> [TensorValue]? {
        guard let record = try record(of: task) else { return nil }
        var values: [TensorValue] = []
        for output in record.outputs {
            guard let value = output.content.tensor else { return nil }
            values.append(value)
        }
        KillPoint.duringResume.pass()
        reuses.add(1, ordering: .relaxed)
        return values
    }

    /// What is recorded of a task; nil when nothing is, or when it is damaged.
    ///
    /// - Throws: `LedgerError.failed`.
    public func record(of task: Hash) throws(LedgerError) -> LedgerRecord? {
        guard let row = rows[task] else { return nil }
        let columns = "task, program, role, attempt, worker, nanoseconds, finished, outputs, content, digest"
        let found = try database.rows("SELECT \(columns) FROM tasks WHERE rowid = ?", [.integer(row)])
        guard let record = found.first.flatMap({ Self.record($0, files) }), record.task == task else { return nil }
        unread.remove(task)
        return record
    }

    /// Writes down what is known of tasks that are done, all or none of it. When it returns, it is on the disk.
    ///
    /// A task that is recorded already keeps its record, unless that is damaged. One with an output that is too large is
    /// left out. The cost is one sync for all records, and two for each output of more than 256 KiB.
    ///
    /// - Returns: how many of them are recorded now.
    /// - Throws: `LedgerError.failed`, with no record written; then nothing more is.
    @discardableResult
    public func record(_ records: [LedgerRecord]) throws(LedgerError) -> Int {
        let kept = records.filter { $0.outputs.allSatisfy { $0.content.count <= Self.mostBytes } }
        var fresh: [LedgerRecord] = []
        for record in kept where try self.record(of: record.task) == nil { fresh.append(record) }
        guard !fresh.isEmpty else { return kept.count }
        let new = fresh
        try writing { () throws(LedgerError) in
            KillPoint.beforeJournalWrite.pass()
            let large = new.flatMap(\.outputs).filter { $0.content.count > Self.mostInline }
            try files.write(large.map { ($0.name, $0.content) })
            var places: [(Hash, Int64)] = []
            places.reserveCapacity(new.count)
            try database.transaction { () throws(LedgerError) in
                for record in new {
                    let values = Self.columns(of: record)
                    try database.rows("INSERT INTO tasks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
                    places.append((record.task, database.lastRow))
                }
            }
            for (task, row) in places { rows[task] = row }
            KillPoint.afterJournalCommit.pass()
        }
        return kept.count
    }

    /// Forgets what is recorded of a task, if anything is. When it returns, it is gone from the disk.
    ///
    /// - Throws: `LedgerError.failed`; then nothing more is written.
    func erase(_ task: Hash) throws(LedgerError) {
        guard rows[task] != nil else { return }
        try writing { () throws(LedgerError) in
            try database.transaction { () throws(LedgerError) in
                try database.rows("DELETE FROM tasks WHERE task = ?", [.blob(task.bytes)])
            }
            rows[task] = nil
        }
    }

    private static func columns(of record: LedgerRecord) -> [Database.Value] {
        var (outputs, content): ([UInt8], [UInt8]) = ([], [])
        for output in record.outputs {
            let (count, isInline) = (output.content.count, output.content.count <= mostInline)
            outputs += output.name.bytes
            outputs.append(littleEndian: UInt64(count) | (isInline && count > mostUnmarked ? inlineMark : 0))
            if isInline { output.content.withBytes { content += $0 } }
        }
        let values: [Database.Value] = [
            .blob(record.task.bytes), .blob(record.program.bytes), .text(record.role.description),
            .integer(Int64(record.attempt)), .text(record.worker), .integer(Int64(record.took / .nanoseconds(1))),
            .integer(record.finished.milliseconds), .blob(outputs), .blob(content),
        ]
        return values + [.blob(digest(values))]
    }

    private static func record(_ row: [Database.Value], _ files: BlobFiles) -> LedgerRecord? {
        guard row.count == 10, digest(row.dropLast()) == row[9].blob,
            let task = row[0].blob.flatMap({ Hash(bytes: $0) }), let program = row[1].blob.flatMap({ Hash(bytes: $0) }),
            let role = row[2].text, let attempt = row[3].integer, let worker = row[4].text,
            let nanoseconds = row[5].integer, let finished = row[6].integer, let names = row[7].blob,
            let content = row[8].blob
        else { return nil }
        let size = Hash.byteCount + 8
        var (outputs, place): ([LedgerRecord.Output], Int) = ([], 0)
        for start in stride(from: 0, to: names.count, by: size) where start + size <= names.count {
            let length = names[(start + Hash.byteCount)..<start + size].reversed().reduce(0) { $0 << 8 | UInt64($1) }
            let isMarked = length & inlineMark != 0
            let count = Int(length & ~inlineMark)
            guard let name = Hash(bytes: names[start..<start + Hash.byteCount]) else { return nil }
            if count > mostUnmarked, !isMarked {
                guard let blob = files.read(name, byteCount: count) else { return nil }
                outputs.append(.init(name: name, content: blob))
            } else {
                guard place + count <= content.count else { return nil }
                let blob = Frame(byteCount: count) { $0.copyBytes(from: content[place..<place + count]) }
                outputs.append(.init(name: name, content: blob))
                place += count
            }
        }
        return LedgerRecord(
            task,
            program: program,
            role: .named(role),
            outputs: outputs,
            attempt: Int(attempt),
            worker: worker,
            took: .nanoseconds(nanoseconds),
            finished: Date(milliseconds: finished)
        )
    }

    /// Counts a task that is not recorded. Cheap enough for thousands in a second.
    public nonisolated func noteUnrecorded() { tally.add() }

    /// Whether a run that is started now would have nothing to go on with; `LedgerError.gone` when its files were removed.
    public var isEmpty: Bool {
        get throws(LedgerError) {
            try database.checkPlace()
            return try Self.isEmpty(database)
        }
    }

    private static func isEmpty(_ database: Database) throws(LedgerError) -> Bool {
        let count = "SELECT (SELECT count(*) FROM tasks) + (SELECT count(*) FROM snapshots)"
        return try database.rows(count).first?.first == .integer(0)
    }

    // MARK: Writing

    /// Does what writes, unless something failed before: a sync that failed is not tried again, since what it should have
    /// written may be gone.
    func writing(_ body: () throws(LedgerError) -> Void) throws(LedgerError) {
        if let failure { throw failure }
        do {
            try database.checkPlace()
            try body()
            try database.checkPlace()
        } catch {
            failure = error
            throw error
        }
    }

    /// The SHA-256 of some values in order, each with its kind and its length before it.
    static func digest(_ values: some Sequence<Database.Value>) -> [UInt8] {
        var bytes: [UInt8] = []
        for value in values {
            switch value {
            case .integer(let number):
                bytes.append(0)
                bytes.append(littleEndian: number)
            case .text(let text):
                bytes.append(1)
                bytes.append(littleEndian: UInt64(text.utf8.count))
                bytes += text.utf8
            case .blob(let content):
                bytes.append(2)
                bytes.append(littleEndian: UInt64(content.count))
                bytes += content
            case .nothing: bytes.append(3)
            }
        }
        return Hash(of: bytes).bytes
    }
}

import Foundation
import Tasks
import Tensors
import TestSupport
import Testing
import Wire

@testable import Coordination

@Suite("A ledger")
struct LedgerTests {
    private let job = Hash(of: [1])
    private let values = [
        TensorValue([1.5, -2, .infinity], shape: [3]), TensorValue([Int32]([7]), shape: []),
        TensorValue([Float](repeating: 0.25, count: 80_000)), TensorValue([Float](), shape: [0, 3]),
    ]

    /// Changes each place of a file where some bytes stand.
    private func replace(_ old: [UInt8], by new: [UInt8], in file: String) throws {
        let url = URL(fileURLWithPath: file)
        var data = try Data(contentsOf: url)
        var count = 0
        while let range = data.firstRange(of: Data(old)) {
            data.replaceSubrange(range, with: new)
            count += 1
        }
        #expect(count > 0, "there is something to change")
        try data.write(to: url)
    }

    @Test("gives back what was recorded, also after it was opened again")
    func outputs() async throws {
        let place = try Folder()
        let task = Hash(of: [2])
        do {
            let ledger = try Ledger(folder: place.path, job: job)
            #expect(ledger.earlier == .init(recorded: 0, covered: 0, lost: 0))
            #expect(try await ledger.isEmpty)
            #expect(try await ledger.outputs(of: task) == nil)
            #expect(try await ledger.record(task, role: .round(3), outputs: values))
            #expect(try await ledger.outputs(of: task) == values)
            #expect(try await ledger.record(task, role: .round(3), outputs: values), "twice is once")
        }
        let again = try Ledger(folder: place.path, job: job)
        #expect(again.earlier == .init(recorded: 1, covered: 0, lost: 0))
        #expect(try await again.outputs(of: task) == values)
        #expect(try await again.outputs(of: Hash(of: [3])) == nil)
        #expect(try await !again.isEmpty)
        let names = try FileManager.default.contentsOfDirectory(atPath: place.path)
        #expect(Set(names).isSubset(of: Ledger.fileNames + ["blobs"]), "\(names)")
    }

    @Test("says so when its file or its log is removed or replaced meanwhile, and writes nothing more")
    func gone() async throws {
        for (name, isEmpty) in [("ledger.sqlite", true), ("ledger.sqlite", false), ("ledger.sqlite-wal", false)] {
            for isReplaced in [false, true] {
                let place = try Folder()
                let file = "\(place.path)/\(name)"
                let ledger = try Ledger(folder: place.path, job: job)
                if !isEmpty { try await ledger.record(Hash(of: [2]), role: .round(3), outputs: values) }
                if isReplaced {
                    let copy = try Data(contentsOf: URL(fileURLWithPath: file))
                    try copy.write(to: URL(fileURLWithPath: file), options: .atomic)
                } else {
                    try FileManager.default.removeItem(atPath: file)
                }
                let gone = LedgerError.gone(path: file)
                await #expect(throws: gone) { try await ledger.isEmpty }
                await #expect(throws: gone) {
                    try await ledger.record(Hash(of: [3]), role: .round(4), outputs: self.values)
                }
                await #expect(throws: gone) { try await ledger.finish(at: Date()) }
            }
        }
    }

    @Test("keeps what is small within its record, and what is large as a file")
    func places() async throws {
        let place = try Folder()
        let task = Hash(of: [2])
        // A tensor's name and shape take some bytes more.
        let values = [16_300, 16_400, 65_400, 65_600].map { TensorValue([Float](repeating: Float($0), count: $0)) }
        do {
            let ledger = try Ledger(folder: place.path, job: job)
            try await ledger.record(task, role: .round(3), outputs: values)
        }
        #expect(try place.names(in: "blobs") == [values[3].hash.description])
        #expect(try await Ledger(folder: place.path, job: job).outputs(of: task) == values)
    }

    @Test("finds files that would lie within their records today")
    func earlierPlaces() async throws {
        let place = try Folder()
        let task = Hash(of: [2])
        let output = LedgerRecord.Output(TensorValue([Float](repeating: 0.5, count: 20_000)))
        do {
            let ledger = try Ledger(folder: place.path, job: job)
            var outputs = output.name.bytes
            outputs.append(littleEndian: UInt64(output.content.count))
            let values: [Database.Value] = [
                .blob(task.bytes), .blob(Hash(of: []).bytes), .text("round 3"), .integer(1), .text("a"), .integer(5),
                .integer(0), .blob(outputs), .blob([]),
            ]
            try await ledger.record(asItIs: values, withFile: output)
        }
        let found = try await Ledger(folder: place.path, job: job).outputs(of: task)
        #expect(found?.map(\.hash) == [output.name])
    }

    @Test("writes a batch down at once, with all that is known of each task, each once")
    func batch() async throws {
        let place = try Folder()
        let time = Date(milliseconds: 1_790_000_000_123)
        let records = (0..<5).map { index in
            LedgerRecord(
                Hash(of: [UInt8(index)]),
                program: Hash(of: [9]),
                role: .round(index),
                outputs: values.prefix(index).map(LedgerRecord.Output.init),
                attempt: index + 1,
                worker: "wörker \(index)",
                took: .nanoseconds(17 * index),
                finished: time
            )
        }
        let ledger = try Ledger(folder: place.path, job: job)
        #expect(try await ledger.record(records) == 5)
        #expect(try await ledger.record([records[3], records[3]]) == 2)
        #expect(await ledger.tasks == records.map(\.task))
        for (index, record) in records.enumerated() {
            let found = try #require(try await ledger.record(of: record.task))
            #expect(found.task == record.task && found.program == record.program)
            #expect(found.role == .named(record.role.description))
            #expect(found.attempt == index + 1 && found.worker == record.worker && found.took == record.took)
            #expect(found.finished == time && found.outputs == record.outputs)
            #expect(try await ledger.outputs(of: record.task) == Array(values.prefix(index)))
        }
        #expect(try place.names(in: "blobs").count == 1, "the output of 160 kB is a file")
    }

    @Test("forgets a result that is erased, which may then be recorded anew")
    func erasure() async throws {
        let place = try Folder()
        let tasks = (0..<3).map { Hash(of: [UInt8($0)]) }
        do {
            let ledger = try Ledger(folder: place.path, job: job)
            for task in tasks { #expect(try await ledger.record(task, role: .round(1), outputs: values)) }
            try await ledger.erase(tasks[1])
            try await ledger.erase(Hash(of: [9]))
            #expect(try await ledger.outputs(of: tasks[1]) == nil)
        }
        let again = try Ledger(folder: place.path, job: job)
        #expect(again.earlier == .init(recorded: 2, covered: 0, lost: 0))
        #expect(await again.tasks == [tasks[0], tasks[2]])
        #expect(try await again.record(tasks[1], role: .round(1), outputs: [values[0]]))
        #expect(try await again.outputs(of: tasks[1]) == [values[0]])
    }

    @Test("makes a result again whose file is gone or changed")
    func blobFiles() async throws {
        let place = try Folder()
        let task = Hash(of: [2])
        let large = values[2]
        let file = "\(place.path)/blobs/\(large.hash)"
        for damage in 0..<3 {
            do {
                let ledger = try Ledger(folder: place.path, job: job)
                try await ledger.record(task, role: .round(3), outputs: [large])
            }
            switch damage {
            case 0: try FileManager.default.removeItem(atPath: file)
            case 1:
                var bytes = try place.bytes(of: "blobs/\(large.hash)")
                bytes[77_777] ^= 4
                try Data(bytes).write(to: URL(fileURLWithPath: file))
            default: truncate(file, 1000)
            }
            try place.write("half", to: "blobs/\(Hash(of: [7])).part")
            let again = try Ledger(folder: place.path, job: job)
            #expect(try await again.outputs(of: task) == nil)
            #expect(try place.names(in: "blobs").isEmpty, "what is damaged or was left half-written is gone")
            try await again.record(task, role: .round(3), outputs: [large])
            #expect(try await again.outputs(of: task) == [large])
        }
    }

    @Test("remembers how the job stands, and is one file when the job is finished")
    func state() async throws {
        let place = try Folder()
        let start = Date(milliseconds: 1_790_000_000_001)
        func state(at time: Date, insecure: Bool) -> JobState {
            JobState(job: job, seed: .max, numericsVersion: 7, started: time, isInsecure: insecure)
        }
        do {
            let ledger = try Ledger(folder: place.path, state: state(at: start, insecure: false))
            try await ledger.record(Hash(of: [2]), role: .round(3), outputs: [values[0]])
        }
        do {
            let later = try Ledger(folder: place.path, state: state(at: start + 60, insecure: true))
            #expect(later.state == state(at: start, insecure: true))
        }
        do {
            let last = try Ledger(folder: place.path, state: state(at: start + 90, insecure: false))
            #expect(last.state == state(at: start, insecure: true), "once insecure, always")
            try await last.finish(at: start + 99)
        }
        #expect(try place.names() == ["ledger.count", "ledger.sqlite"])
        let finished = try Ledger(finishedIn: place.path)
        #expect(finished.state.finished == start + 99 && finished.state.seed == .max)
        #expect(try await finished.outputs(of: Hash(of: [2])) == [values[0]])
        await #expect(throws: LedgerError.self) {
            try await finished.record(Hash(of: [3]), role: .round(3), outputs: [values[0]])
        }
        #expect(throws: LedgerError.absent(path: "\(place.path)/none/ledger.sqlite")) {
            try Ledger(finishedIn: place.path + "/none")
        }
    }

    @Test("of an earlier version is refused before anything is written")
    func earlierVersion() throws {
        let recorded = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        let place = try Folder()
        for end in ["", "-wal"] {
            try FileManager.default.copyItem(
                atPath: "\(recorded.path)/ledger-1.sqlite\(end)",
                toPath: "\(place.path)/ledger.sqlite\(end)"
            )
        }
        let before = try place.names().map { try place.bytes(of: $0) }
        #expect(
            throws: LedgerError.format(
                path: "\(place.path)/ledger.sqlite",
                found: "another database, or the ledger of an earlier version"
            )
        ) { try Ledger(folder: place.path, job: job) }
        #expect(try place.names() == ["ledger.sqlite", "ledger.sqlite-wal"])
        #expect(try place.names().map { try place.bytes(of: $0) } == before)
    }

    @Test("keeps the last snapshot of each name, and counts what was finished after the latest")
    func snapshots() async throws {
        let place = try Folder()
        func snapshot(_ step: Int) -> Snapshot {
            Snapshot(step: step, tensors: ["w": TensorValue([Float(step), 2]), "é": values[2]])
        }
        do {
            let ledger = try Ledger(folder: place.path, job: job)
            for step in 1...7 {
                ledger.noteUnrecorded()
                if step == 2 || step == 4 { try await ledger.save(snapshot(step), as: "meta") }
                if step == 3 { try await ledger.save(Snapshot(step: 3, tensors: [:]), as: "other") }
            }
            #expect(try await ledger.snapshot("meta") == snapshot(4))
        }
        do {
            let again = try Ledger(folder: place.path, job: job)
            #expect(again.earlier == .init(recorded: 0, covered: 4, lost: 3))
            #expect(try await again.snapshot("meta") == snapshot(4))
            #expect(try await again.snapshot("other") == Snapshot(step: 3, tensors: [:]))
            #expect(try await again.snapshot("none") == nil)
            again.noteUnrecorded()
        }
        let third = try Ledger(folder: place.path, job: job)
        #expect(third.earlier.lost == 1, "what was lost before has been counted before")
    }

    @Test("is that of one job, and says so")
    func otherJob() async throws {
        let place = try Folder()
        _ = try Ledger(folder: place.path, job: Hash(of: [8]))
        do {
            let ledger = try Ledger(folder: place.path, job: job)  // nothing of the other one would be lost
            try await ledger.record(Hash(of: [2]), role: .round(0), outputs: [values[0]])
        }
        #expect(throws: LedgerError.otherJob(path: "\(place.path)/ledger.sqlite")) {
            try Ledger(folder: place.path, job: Hash(of: [9]))
        }
        _ = try Ledger(folder: place.path, job: job)
    }

    /// Recorded by `TROUPE_KILL=after-journal-commit:3 troupe train job2.yaml --workers 0`, with a job of four members.
    @Test("of this version, as it was recorded, is gone on with")
    func recordedHistory() async throws {
        let recorded = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        let place = try Folder()
        for end in ["", "-wal"] {
            try FileManager.default.copyItem(
                atPath: "\(recorded.path)/ledger-2.sqlite\(end)",
                toPath: "\(place.path)/ledger.sqlite\(end)"
            )
        }
        let job = try #require(Hash("52567229be9d4dec9057d79f88e5eda4496f13999759242ffeb620b93524329a"))
        let ledger = try Ledger(folder: place.path, job: job)
        #expect(ledger.earlier == .init(recorded: 3, covered: 0, lost: 0))
        #expect(ledger.state.source.replacements.isEmpty && ledger.state.numericsVersion == 1)
        var found: [String: String] = [:]
        for task in await ledger.tasks {
            let record = try #require(try await ledger.record(of: task))
            #expect(try await ledger.outputs(of: task)?.map(\.hash) == record.outputs.map(\.name))
            found[task.short] = record.outputs.first?.name.short
        }
        #expect(found == ["de69c2e6": "adbcab54", "d6958ee3": "058637ae", "00a7f0cc": "80baa625"])
    }

    @Test("leaves out what is damaged and was not asked for when the job is finished, and nothing else")
    func unread() async throws {
        let place = try Folder()
        let tasks = (10..<14).map { Hash(of: [UInt8($0)]) }
        do {
            let ledger = try Ledger(folder: place.path, job: job)
            for (round, task) in tasks.prefix(3).enumerated() {
                try await ledger.record(task, role: .round(round), outputs: [values[0]])
            }
        }
        // Under this name nobody asks for it.
        var name = tasks[1].bytes
        name[5] ^= 4
        try replace(tasks[1].bytes, by: name, in: place.path + "/ledger.sqlite")
        do {
            let ledger = try Ledger(folder: place.path, job: job)
            #expect(try await ledger.outputs(of: tasks[0]) == [values[0]])
            #expect(try await ledger.outputs(of: tasks[1]) == nil)
            try await ledger.record(tasks[1], role: .round(1), outputs: [values[0]])
            try await ledger.record(tasks[3], role: .round(3), outputs: [values[0]])
            #expect(await ledger.tasks.count == 5)
            try await ledger.finish(at: Date())
        }
        let finished = try Ledger(finishedIn: place.path)
        #expect(await finished.tasks == [tasks[0], tasks[2], tasks[1], tasks[3]])
    }

    @Test("does not use a record that is damaged, and uses the snapshot before one that is")
    func damage() async throws {
        let place = try Folder()
        let (task, other) = (Hash(of: [2]), Hash(of: [4]))
        let marked = TensorValue([Float](repeating: 0.7, count: 9))
        do {
            let ledger = try Ledger(folder: place.path, job: job)
            try await ledger.record(task, role: .round(0), outputs: [marked])
            try await ledger.record(other, role: .round(1), outputs: [values[0]])
            for step in 3...5 {
                try await ledger.save(Snapshot(step: step, tensors: ["w": TensorValue([Int32(step)])]), as: "meta")
            }
        }
        try replace(Array(marked.bytes.prefix(8)), by: [0, 0, 0, 0, 1, 1, 1, 1], in: place.path + "/ledger.sqlite")
        func damage(_ step: Int) throws {
            var content = Snapshot(step: step, tensors: ["w": TensorValue([Int32(step)])]).content
            let old = content
            content[content.count - 1] ^= 1
            try replace(old, by: content, in: place.path + "/ledger.sqlite")
        }
        try damage(5)
        do {
            let ledger = try Ledger(folder: place.path, job: job)
            #expect(try await ledger.snapshot("meta")?.step == 4)
        }
        try damage(4)
        let again = try Ledger(folder: place.path, job: job)
        #expect(try await again.outputs(of: task) == nil)
        #expect(try await again.outputs(of: other) == [values[0]])
        await #expect(
            throws: LedgerError.damaged(path: place.path + "/ledger.sqlite", what: "the snapshot 'meta'")
        ) { try await again.snapshot("meta") }
        try await again.record(task, role: .round(0), outputs: [marked])
        #expect(try await again.outputs(of: task) == [marked], "it is recorded anew")
    }

    @Test("refuses what is no ledger, and a place where none can be")
    func refused() async throws {
        let place = try Folder()
        try Data("this is a text, and long enough to be none of the database's own files".utf8)
            .write(to: URL(fileURLWithPath: place.path + "/ledger.sqlite"))
        #expect(throws: LedgerError.self) { try Ledger(folder: place.path, job: job) }
        let reason = #expect(throws: LedgerError.self) { try Ledger(folder: place.path + "/none", job: job) }
        #expect(reason.map { "\($0)".contains("--fresh") } == true)
    }

    @Test("reads a snapshot's content only as a whole")
    func content() {
        let snapshot = Snapshot(step: 2, tensors: ["a": values[0], "b": values[1]])
        let content = snapshot.content
        #expect(Snapshot(step: 2, content: content) == snapshot)
        for end in content.indices.dropFirst() {
            let part = Snapshot(step: 2, content: Array(content[..<end]))
            #expect(part == nil || part?.tensors.count == 1, "\(end)")
        }
        var hostile = content
        for index in 0..<16 { hostile[index] = 0xff }
        #expect(Snapshot(step: 2, content: hostile) == nil)
    }
}

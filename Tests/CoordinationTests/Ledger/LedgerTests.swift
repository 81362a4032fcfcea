import Foundation
import Tasks
import Tensors
import TestSupport
import Testing

@testable import Coordination

@Suite("A ledger")
struct LedgerTests {
    private let job = Hash(of: [1])
    private let values = [
        TensorValue([1.5, -2, .infinity], shape: [3]), TensorValue([Int32]([7]), shape: []),
        TensorValue([Float](repeating: 0.25, count: 40_000)), TensorValue([Float](), shape: [0, 3]),
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
            try await ledger.record([LedgerRecord(task: task, role: .round(3), outputs: values)])
            #expect(try await ledger.outputs(of: task) == values)
            try await ledger.record([LedgerRecord(task: task, role: .round(3), outputs: values)])  // twice is once
        }
        let again = try Ledger(folder: place.path, job: job)
        #expect(again.earlier == .init(recorded: 1, covered: 0, lost: 0))
        #expect(try await again.outputs(of: task) == values)
        #expect(try await again.outputs(of: Hash(of: [3])) == nil)
        #expect(try await !again.isEmpty)
        let names = try FileManager.default.contentsOfDirectory(atPath: place.path)
        #expect(Set(names).isSubset(of: Ledger.fileNames), "\(names)")
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
            try await ledger.record([LedgerRecord(task: Hash(of: [2]), role: .round(0), outputs: [values[0]])])
        }
        #expect(throws: LedgerError.otherJob(path: "\(place.path)/ledger.sqlite")) {
            try Ledger(folder: place.path, job: Hash(of: [9]))
        }
        _ = try Ledger(folder: place.path, job: job)
    }

    @Test("does not use a record that is damaged, and refuses a snapshot that is")
    func damage() async throws {
        let place = try Folder()
        let (task, other) = (Hash(of: [2]), Hash(of: [4]))
        let marked = TensorValue([Float](repeating: 0.7, count: 9))
        do {
            let ledger = try Ledger(folder: place.path, job: job)
            try await ledger.record([LedgerRecord(task: task, role: .round(0), outputs: [marked])])
            try await ledger.record([LedgerRecord(task: other, role: .round(1), outputs: [values[0]])])
            try await ledger.save(Snapshot(step: 5, tensors: ["w": values[1]]), as: "meta")
        }
        try replace(Array(marked.bytes.prefix(8)), by: [0, 0, 0, 0, 1, 1, 1, 1], in: place.path + "/ledger.sqlite")
        var content = Snapshot(step: 5, tensors: ["w": values[1]]).content
        let old = content
        content[content.count - 1] ^= 1
        try replace(old, by: content, in: place.path + "/ledger.sqlite")
        let again = try Ledger(folder: place.path, job: job)
        #expect(try await again.outputs(of: task) == nil)
        #expect(try await again.outputs(of: other) == [values[0]])
        await #expect(throws: LedgerError.self) { try await again.snapshot("meta") }
        try await again.record([LedgerRecord(task: task, role: .round(0), outputs: [marked])])
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

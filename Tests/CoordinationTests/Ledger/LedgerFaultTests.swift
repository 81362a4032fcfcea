import CLedgerFaults
import Foundation
import Tasks
import Tensors
import TestSupport
import Testing

@testable import Coordination

@Suite("A ledger on a failing disk", .serialized)
struct LedgerFaultTests {
    private let job = Hash(of: [1])

    init() { #expect(troupe_ledger_faults_register() == 0) }

    private func open(_ place: Folder) throws -> Ledger {
        try Ledger(folder: place.path, state: JobState(job: job), through: TROUPE_LEDGER_FAULTS)
    }

    private func values(_ index: Int) -> [TensorValue] { [TensorValue([Float](repeating: Float(index), count: 40))] }

    private func task(_ index: Int) -> Hash { Hash(of: [2, UInt8(index)]) }

    private func records(_ indices: Range<Int>) -> [LedgerRecord] {
        indices.map { index in
            LedgerRecord(
                task(index),
                program: job,
                role: .round(index),
                outputs: values(index).map(LedgerRecord.Output.init),
                finished: Date(timeIntervalSince1970: 0)
            )
        }
    }

    @Test("syncs once for a batch, and after its last write")
    func syncs() async throws {
        let place = try Folder()
        let ledger = try open(place)
        try await ledger.record(records(0..<1))
        for (batch, size) in [1, 32, 200].enumerated() {
            troupe_ledger_faults_set(TROUPE_FAULT_NONE, 0, 0)
            let fresh = records(0..<size).map { record in
                var record = record
                record.task = Hash(of: record.task.bytes + [UInt8(batch)])
                return record
            }
            try await ledger.record(fresh)
            #expect(troupe_ledger_faults_syncs() == 1, "of \(size)")
            #expect(troupe_ledger_faults_unsynced() == 0, "of \(size)")
        }
        troupe_ledger_faults_set(TROUPE_FAULT_NONE, 0, 0)
        try await ledger.save(Snapshot(step: 1, tensors: ["w": values(1)[0]]), as: "meta")
        #expect(troupe_ledger_faults_syncs() == 1 && troupe_ledger_faults_unsynced() == 0)
    }

    /// Whatever write or sync fails, from opening on: what was acknowledged is there afterwards, what was not is whole or
    /// not there at all, and after a failure nothing more is acknowledged.
    @Test(
        "stops with a sentence at the first failure, and has lost nothing that was acknowledged",
        arguments: [true, false]
    )
    func failures(full: Bool) async throws {
        let kind = full ? TROUPE_FAULT_FULL : TROUPE_FAULT_IO
        var outcomes: [Int: Int] = [:]
        for at in 1...60 {
            for times in [1, 1_000_000] {
                let place = try Folder()
                var acknowledged = 0
                var failure: String?
                do {
                    troupe_ledger_faults_set(kind, at, times)
                    let ledger = try open(place)
                    for batch in 0..<8 {
                        do {
                            try await ledger.record(records(batch * 3..<batch * 3 + 3))
                            #expect(failure == nil, "step \(at): nothing is acknowledged after a failure")
                            acknowledged = batch * 3 + 3
                        } catch {
                            failure = failure ?? "\(error)"
                        }
                    }
                } catch let error as LedgerError {
                    failure = "\(error)"
                }
                troupe_ledger_faults_set(TROUPE_FAULT_NONE, 0, 0)
                if let failure { #expect(failure.contains("run the same"), "\(failure)") }
                let ledger = try open(place)
                for index in 0..<24 {
                    let found = try await ledger.outputs(of: task(index))
                    #expect(found == values(index) || (found == nil && index >= acknowledged), "step \(at), \(index)")
                }
                try await ledger.record(records(0..<24))
                #expect(try await ledger.outputs(of: task(23)) == values(23))
                outcomes[acknowledged, default: 0] += 1
            }
        }
        #expect(outcomes.count > 4, "failures came early and late: \(outcomes)")
    }

    // MARK: Damage

    /// What became of a damaged ledger.
    private enum Outcome: Hashable { case harmless, repaired, refused }

    /// A ledger with tasks, a blob file and snapshots, as it lies in a folder.
    private func original(killed: Bool) async throws -> [String: [UInt8]] {
        let place = try Folder()
        var ledger: Ledger? = try Ledger(folder: place.path, job: job)
        for index in 0..<3 { try await ledger?.record(records(index..<index + 1)) }
        for step in 1...3 {
            ledger?.noteUnrecorded()
            try await ledger?.save(Snapshot(step: step, tensors: ["w": values(step)[0]]), as: "meta")
        }
        if !killed {
            try await ledger?.finish(at: Date(timeIntervalSince1970: 0))
            ledger = nil
        }
        // The files of a process that is killed now are those that lie there now.
        defer { ledger = nil }
        var files: [String: [UInt8]] = [:]
        for name in try place.names() where name != "blobs" { files[name] = try place.bytes(of: name) }
        return files
    }

    /// Opens a damaged ledger and goes on with it, as a run would: whatever it says must be true.
    private func outcome(of files: [String: [UInt8]], in place: Folder, _ what: String) async throws -> Outcome {
        for name in try place.names() { try FileManager.default.removeItem(atPath: "\(place.path)/\(name)") }
        for (name, bytes) in files { try Data(bytes).write(to: URL(fileURLWithPath: "\(place.path)/\(name)")) }
        do {
            let ledger = try Ledger(folder: place.path, job: job)
            var outcome = Outcome.harmless
            for index in 0..<3 {
                guard let found = try await ledger.outputs(of: task(index)) else {
                    outcome = .repaired
                    try await ledger.record(records(index..<index + 1))
                    continue
                }
                #expect(found == values(index), "\(what): task \(index)")
            }
            let snapshot = try await ledger.snapshot("meta")
            if snapshot?.step != 3 { outcome = .repaired }
            if let snapshot { #expect(snapshot.tensors == ["w": values(snapshot.step)[0]], "\(what)") }
            try await ledger.save(Snapshot(step: 4, tensors: ["w": values(4)[0]]), as: "meta")
            #expect(try await ledger.snapshot("meta")?.step == 4, "\(what)")
            return outcome
        } catch {
            #expect("\(error)".contains("--fresh"), "\(what): \(error)")
            return .refused
        }
    }

    @Test("is never wrong, whatever byte of it is flipped and wherever it ends", arguments: [true, false])
    func damage(killed: Bool) async throws {
        let files = try await original(killed: killed)
        let place = try Folder()
        #expect(try await outcome(of: files, in: place, "as it was") == .harmless)
        var outcomes: [Outcome: Int] = [:]
        var random = Seeded(5)
        for (name, bytes) in files.sorted(by: { $0.key < $1.key }) {
            for index in bytes.indices {
                // Pages are mostly empty: of what is zero among zeros, some.
                let isEmpty = bytes[max(0, index - 8)..<min(bytes.count, index + 8)].allSatisfy { $0 == 0 }
                guard !isEmpty || random.oneIn(97) else { continue }
                var damaged = files
                damaged[name]?[index] ^= UInt8(1 << random.integer(0...7))
                let found = try await outcome(of: damaged, in: place, "byte \(index) of \(name)")
                outcomes[found, default: 0] += 1
            }
            for length in bytes.indices where length < 256 || length % 512 < 2 || random.oneIn(61) {
                var damaged = files
                damaged[name] = Array(bytes.prefix(length))
                let found = try await outcome(of: damaged, in: place, "\(name) of \(length) bytes")
                outcomes[found, default: 0] += 1
            }
        }
        #expect(outcomes.count == 3, "\(outcomes)")
        print("Ledger damage (\(killed ? "killed" : "finished")): \(outcomes.map { "\($0.key) \($0.value)" }.sorted())")
    }
}

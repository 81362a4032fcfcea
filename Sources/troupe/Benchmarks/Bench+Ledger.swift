import Coordination
import Foundation
import Tasks
import Tensors

extension Bench {
    /// Results of 64 bytes written down, each batch on the disk before the next.
    static let ledger = Bench(name: "ledger", measures: "results of 64 bytes on the disk, in batches of 1, 32 and 256")
    {
        let folder = NSTemporaryDirectory() + "troupe-ledger-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let program = Hash(of: [1])
        var figures: [Figure] = []
        var number: UInt64 = 0
        func record() -> LedgerRecord {
            number += 1
            var name: [UInt8] = []
            withUnsafeBytes(of: number) { name += $0 }
            return LedgerRecord(
                Hash(of: name),
                program: program,
                role: .named("nothing"),
                outputs: [LedgerRecord.Output(TensorValue([Float](repeating: Float(number), count: 12)))],
                attempt: 1,
                worker: "worker",
                finished: Date()
            )
        }
        let ledger = try Ledger(folder: folder, job: program)
        for size in [1, 32, 256] {
            let batches = (0..<(size == 1 ? 4_000 : 51_200 / size)).map { _ in (0..<size).map { _ in record() } }
            let took = try await ContinuousClock().measure { for batch in batches { try await ledger.record(batch) } }
            let rate = Double(batches.count * size) / (took / .seconds(1))
            figures.append(Figure(metric: "records_per_second_by_\(size)", value: rate, unit: "1/s", runs: 1))
        }
        let count = await ledger.tasks.count
        let copy = folder + "/copy"
        try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: false)
        try await ledger.finish(at: Date())
        try FileManager.default.copyItem(atPath: folder + "/ledger.sqlite", toPath: copy + "/ledger.sqlite")
        let seconds = try ContinuousClock().measure { _ = try Ledger(folder: copy, job: program) } / .seconds(1)
        figures.append(Figure(metric: "open_seconds_of_\(count)", value: seconds, unit: "s", runs: 1))
        return figures
    }
}

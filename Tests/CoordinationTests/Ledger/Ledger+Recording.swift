@testable import Coordination
import Foundation
import Tasks
import Tensors

extension Ledger {
    /// Writes down the outputs of one task.
    ///
    /// - Returns: whether they were small enough.
    @discardableResult
    func record(_ task: Hash, role: Role, outputs: [TensorValue]) throws -> Bool {
        let outputs = outputs.map(LedgerRecord.Output.init)
        let record = LedgerRecord(task, program: Hash(of: []), role: role, outputs: outputs, finished: Date())
        return try self.record([record]) == 1
    }

    /// Writes down a record's columns, and an output as a file.
    func record(asItIs values: [Database.Value], withFile output: LedgerRecord.Output) throws {
        try files.write([(output.name, output.content)])
        let row = values + [.blob(Self.digest(values))]
        try database.rows("INSERT INTO tasks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    }
}

public import Tasks
import Tensors

/// The progress of recipes that do not record each task.
extension Ledger {
    /// Writes down a snapshot. The one before it is kept as well, in case this one is damaged later.
    ///
    /// - Throws: `LedgerError.failed`, with the earlier ones as they were; then nothing more is written.
    public func save(_ snapshot: Snapshot, as name: String) throws(LedgerError) {
        let values: [Database.Value] = [
            .text(name), .integer(Int64(snapshot.step)), .integer(Int64(tally.total)), .blob(snapshot.content),
        ]
        KillPoint.beforeSnapshot.pass()
        try writing { () throws(LedgerError) in
            try database.transaction { () throws(LedgerError) in
                let older = try database.rows(
                    "SELECT rowid FROM snapshots WHERE name = ? ORDER BY rowid DESC",
                    [.text(name)]
                )
                for row in older.dropFirst() { try database.rows("DELETE FROM snapshots WHERE rowid = ?", row) }
                try database.rows("INSERT INTO snapshots VALUES (?, ?, ?, ?, ?)", values + [.blob(Self.digest(values))])
            }
        }
        KillPoint.afterSnapshot.pass()
    }

    /// The last snapshot of a name that is whole; nil when there is none of that name.
    ///
    /// - Throws: `LedgerError`, also when there are some and all are damaged: what they stood for would have to be
    ///   computed again, which is for people to decide.
    public func snapshot(_ name: String) throws(LedgerError) -> Snapshot? { try snapshots(name).first }

    /// The snapshots of a name that are whole, the last one first: two at most. Throws as `snapshot` does.
    func snapshots(_ name: String) throws(LedgerError) -> [Snapshot] {
        let rows = try database.rows(
            "SELECT name, step, mark, content, digest FROM snapshots WHERE name = ? ORDER BY rowid DESC",
            [.text(name)]
        )
        var whole: [Snapshot] = []
        for row in rows {
            guard row.count == 5, let step = row[1].integer, let content = row[3].blob,
                Self.digest(row.dropLast()) == row[4].blob, let step = Int(exactly: step),
                let snapshot = Snapshot(step: step, content: content)
            else { continue }
            whole.append(snapshot)
        }
        guard rows.isEmpty || !whole.isEmpty else { throw .damaged(path: path, what: "the snapshot '\(name)'") }
        return whole
    }
}

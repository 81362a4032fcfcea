import Foundation
import Tasks
import Tensors
import Wire

/// How results get into the ledger.
extension Coordinator {
    /// Makes a result durable.
    func write(_ finding: Scheduler.Finding, of worker: String) {
        let outputs = finding.outputs.compactMap { output in
            store[output.name].map { LedgerRecord.Output(name: output.name, content: $0) }
        }
        unwritten.append(
            LedgerRecord(
                finding.task.task,
                program: finding.task.program.hash,
                role: finding.task.role,
                outputs: outputs,
                attempt: finding.attempt,
                worker: worker,
                took: finding.took ?? .zero,
                finished: Date()
            )
        )
        // The results that come together share a commit.
        if unwritten.count == 1 { loop.atEndOfTurn { self.assumeIsolated { $0.commit() } } }
    }

    /// While one commit is under way, results gather, and share the next.
    private func commit() {
        guard !isWriting, failure == nil, let ledger, !unwritten.isEmpty else { return }
        isWriting = true
        let batch = unwritten
        unwritten = []
        perform(on: ledger) { ledger throws(LedgerError) in
            try ledger.record(batch)
        } then: {
            $0.committed(batch, $1)
        }
    }

    /// Has something done on the ledger's thread, one after the other, and then something here.
    private func perform(
        on ledger: Ledger,
        _ body: @escaping @Sendable (isolated Ledger) throws(LedgerError) -> Void,
        then end: @escaping @Sendable (isolated Coordinator, LedgerError?) -> Void
    ) {
        ledger.loop.perform {
            let error = ledger.assumeIsolated { ledger -> LedgerError? in
                do throws(LedgerError) {
                    try body(ledger)
                    return nil
                } catch {
                    return error
                }
            }
            self.loop.perform { self.assumeIsolated { end($0, error) } }
        }
    }

    /// Takes back a result that was to be made durable; what is being written is erased afterwards.
    func erase(_ task: Hash) {
        unwritten.removeAll { $0.task == task }
        guard let ledger else { return }
        perform(on: ledger) { ledger throws(LedgerError) in
            try ledger.erase(task)
        } then: {
            $0.erased(task, $1)
        }
    }

    private func erased(_ task: Hash, _ error: LedgerError?) {
        if let error {
            failure = failure ?? error
            return handle(.journalFailed(error.description))
        }
        handle(.erased(task))
    }

    /// Bytes of outputs that are worth a mapping of their files.
    private static var mappedSize: Int { 1 << 20 }

    private func committed(_ batch: [LedgerRecord], _ error: LedgerError?) {
        isWriting = false
        if let error {
            failure = error
            return handle(.journalFailed(error.description))
        }
        for output in batch.flatMap(\.outputs) where output.content.count >= Self.mappedSize {
            // From here on the system may take its memory for something else, and read it again.
            guard store[output.name] != nil else { continue }
            store[output.name] = ledger?.files.read(output.name, byteCount: output.content.count) ?? output.content
        }
        KillPoint.beforeAck.pass()
        handle(.journaled(batch.map(\.task)))
        commit()
    }
}

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
        commit()
    }

    /// While one commit is under way, results gather, and share the next.
    private func commit() {
        guard !isWriting, failure == nil, let ledger, !unwritten.isEmpty else { return }
        isWriting = true
        let batch = unwritten
        unwritten = []
        ledger.loop.perform {
            let error = ledger.assumeIsolated { ledger -> LedgerError? in
                do throws(LedgerError) {
                    try ledger.record(batch)
                    return nil
                } catch {
                    return error
                }
            }
            self.loop.perform { self.assumeIsolated { $0.committed(batch, error) } }
        }
    }

    private func committed(_ batch: [LedgerRecord], _ error: LedgerError?) {
        isWriting = false
        if let error {
            failure = error
            return handle(.journalFailed(error.description))
        }
        KillPoint.beforeAck.pass()
        handle(.journaled(batch.map(\.task)))
        commit()
    }
}

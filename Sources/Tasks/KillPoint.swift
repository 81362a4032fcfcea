import Foundation
import Synchronization

/// A moment at which a test can have the process killed, so that every state between two writes is tried without luck.
///
/// The environment variable `TROUPE_KILL` names a point and its passage, as `after-journal-commit:3`: the third time that
/// the process comes there, it sends itself SIGKILL, or SIGSTOP with `after-journal-commit:3:stop`. Without the variable a
/// passage costs one comparison. A test goes through all cases, so one that is never passed is found.
package enum KillPoint: String, CaseIterable, Sendable {
    /// A batch of results is about to be written into the ledger.
    case beforeJournalWrite = "before-journal-write"
    /// It is written, but not yet committed.
    case afterJournalWrite = "after-journal-write"
    /// It is committed and on the disk; nobody knows yet.
    case afterJournalCommit = "after-journal-commit"
    /// A worker is about to be told that its result is recorded.
    case beforeAck = "before-ack"
    /// A snapshot is about to be written.
    case beforeSnapshot = "before-snapshot"
    /// A snapshot is on the disk.
    case afterSnapshot = "after-snapshot"
    /// A blob's file is written and synced under its temporary name.
    case beforeBlobRename = "before-blob-rename"
    /// A blob's file has its name; no record speaks of it yet.
    case afterBlobRename = "after-blob-rename"
    /// The files of the model are written; their folder does not have its name.
    case beforeRename = "before-rename"
    /// The model's folder has its name; what the run needed lies still beside.
    case afterRename = "after-rename"
    /// A recorded result is used instead of being computed.
    case duringResume = "during-resume"
    /// A worker is about to compute.
    case computing = "computing"
    /// A worker has computed; nobody knows yet.
    case computed = "computed"
    /// A worker has sent a piece of an output and not yet the next one.
    case resultHalfSent = "result-half-sent"
    /// A worker has got a piece of an input and not yet the last one.
    case inputHalfFetched = "input-half-fetched"

    /// The variable that names a point.
    package static let variable = "TROUPE_KILL"

    /// Notes that the process comes here; it may be the end.
    package func pass() {
        guard let plan = Self.plan, plan.point == self else { return }
        guard plan.passages.add(1, ordering: .relaxed).newValue == plan.number else { return }
        kill(getpid(), plan.signal)
        // The signal is for the process; this thread shall do nothing more meanwhile.
        while plan.signal == SIGKILL { pause() }
    }

    private static let plan = Plan(ProcessInfo.processInfo.environment[variable])

    private final class Plan: Sendable {
        let point: KillPoint
        let number: Int
        let signal: Int32
        let passages = Atomic<Int>(0)

        init?(_ text: String?) {
            let parts = text?.split(separator: ":").map(String.init) ?? []
            guard let name = parts.first, let point = KillPoint(rawValue: name) else { return nil }
            self.point = point
            number = parts.count > 1 ? Int(parts[1]) ?? 1 : 1
            signal = parts.last == "stop" ? SIGSTOP : SIGKILL
        }
    }
}

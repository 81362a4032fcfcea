import Foundation
import Synchronization

/// A moment at which a test can have the process killed, so that every state between two writes is tried without luck.
///
/// The environment variable `TROUPE_KILL` names a point and its passage, as `after-journal-commit:3`: the third time that
/// the process comes there, it sends itself SIGKILL, or SIGSTOP with `after-journal-commit:3:stop`, or SIGABRT with
/// `after-journal-commit:3:abort`; with `computing:3:hang` only the thread that comes there goes no further. In place of the
/// number stands, as `computing:bootstrap 3 of 8:abort`, what the process is busy with there, each time that it is. Without the
/// variable a passage costs one comparison. A test goes through all cases, so one that is never passed is found.
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

    /// Notes that the process comes here, busy with something; it may be the end.
    package func pass(with subject: @autoclosure () -> String = "") {
        guard let plan = Self.plan, plan.point == self else { return }
        let number = plan.passages.add(1, ordering: .relaxed).newValue
        guard plan.passage == String(number) || plan.passage == subject() else { return }
        // Who reports crashes goes on after a signal that was only sent.
        if plan.signal == SIGABRT { abort() }
        if let signal = plan.signal { kill(getpid(), signal) }
        // The signal is for the process; this thread shall do nothing more meanwhile.
        while plan.signal != SIGSTOP { pause() }
    }

    private static let plan = Plan(ProcessInfo.processInfo.environment[variable])

    private final class Plan: Sendable {
        let point: KillPoint
        /// Its number, or what the process is busy with.
        let passage: String
        /// Nil for the thread alone.
        let signal: Int32?
        let passages = Atomic<Int>(0)

        init?(_ text: String?) {
            let parts = text?.split(separator: ":").map(String.init) ?? []
            guard let name = parts.first, let point = KillPoint(rawValue: name) else { return nil }
            self.point = point
            passage = parts.count > 1 ? parts[1] : "1"
            signal =
                switch parts.last {
                case "stop": SIGSTOP
                case "abort": SIGABRT
                case "hang": nil
                default: SIGKILL
                }
        }
    }
}

import Coordination

/// Training ended before its time, and the same command goes on from what is done.
struct UnfinishedRun: Error {
    /// Why it ended.
    let cause: any Error

    /// What is added to the reason.
    static let advice = "What is done is kept: the same command goes on from there, and --fresh starts again."

    /// What a run says that goes on where an earlier one ended; nil when it begins.
    static func news(of earlier: Ledger.Earlier) -> String? {
        guard !earlier.isEmpty else { return nil }
        func tasks(_ count: Int) -> String { count == 1 ? "1 task" : "\(count) tasks" }
        var parts = ["\(tasks(earlier.recorded)) recorded, of which none is computed again"]
        if earlier.hasSnapshot || earlier.lost > 0 {
            parts.append("\(tasks(earlier.lost)) finished after the last snapshot, to be computed again")
        }
        return "Going on with an unfinished run: \(parts.joined(separator: "; "))."
    }
}

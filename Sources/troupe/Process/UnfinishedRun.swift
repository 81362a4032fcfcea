import Coordination

/// Training ended before its time, and the same command goes on from what is done.
struct UnfinishedRun: Error {
    /// Why it ended.
    let cause: any Error

    /// What is added to the reason.
    static let advice = "What is done is kept: the same command goes on from there, and --fresh starts again."

    /// What a run says that goes on where an earlier one ended; nil when it begins.
    static func news(of earlier: Ledger.Earlier) -> String? {
        func tasks(_ count: Int) -> String { count == 1 ? "1 task" : "\(count) tasks" }
        var kept: [String] = []
        if earlier.recorded > 0 { kept.append("\(tasks(earlier.recorded)) recorded") }
        if earlier.covered > 0 { kept.append("\(tasks(earlier.covered)) covered by a snapshot") }
        guard !kept.isEmpty else {
            guard earlier.lost > 0 else { return nil }
            return "Starting again: an earlier run had finished \(tasks(earlier.lost)), but written nothing down yet."
        }
        var news =
            "Going on with an unfinished run: \(kept.joined(separator: " and ")), of which none is computed again unless it is damaged"
        if earlier.lost > 0 { news += "; \(tasks(earlier.lost)) not written down, to be computed again" }
        return news + "."
    }
}

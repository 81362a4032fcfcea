import Jobs

/// What a user sees of a job's progress.
struct ProgressLine: CustomStringConvertible {
    /// What is finished.
    var progress: TrainingProgress
    /// The part of the work that is done, with what is done within tasks that run, 0...1.
    var share: Double
    /// What of that an earlier run had done.
    var before = (tasks: 0, share: 0.0)
    /// How many workers there are; nil when that is not known.
    var workers: Int?
    /// How long somebody has worked.
    var elapsed: Duration
    /// What was seen to run last; nil when nothing was.
    var running: String?

    /// `████████░░░░░░░░ 52 % · 16 of 32 members · 3.2 tasks/s · 0:05 left · 4 workers · bootstrap 17 of 32`, never longer than a terminal's line.
    func bar(width: Int) -> String {
        // Where there is little room, what runs says more than how fast, and both less than the bar.
        let texts = [(true, true), (false, true), (true, false)].map { " " + sentence(pace: $0, running: $1) }
        let text = texts.first { $0.count + Self.fewCells < width } ?? texts[2]
        // Of one length while the text's changes, as far as there is room.
        let cells = min(max(16, min(40, width - 64)), width - text.count - 1)
        guard cells >= 4 else { return String(text.dropFirst().prefix(max(0, width - 1))) }
        let filled = cells * percent / 100
        return String(repeating: "█", count: filled) + String(repeating: "░", count: cells - filled) + text
    }

    private static let fewCells = 8

    /// `52 % · 16 of 32 members · 3.2 tasks/s · 0:05 left · 4 workers · bootstrap 17 of 32`
    var description: String { sentence(pace: true, running: true) }

    private func sentence(pace isPaceShown: Bool, running isRunningShown: Bool) -> String {
        var parts = ["\(percent) %", "\(progress.done) of \(progress.total) \(progress.unit)"]
        if isWaiting { return (parts + ["waiting for workers"]).joined(separator: " · ") }
        let tasks = progress.tasks - before.tasks
        if isPaceShown, tasks > 0, seconds > 0 { parts.append(Self.pace(Double(tasks) / seconds)) }
        if isDone {
            parts.append("\(Self.clock(seconds)) in all")
        } else if percent > 0, share > before.share {
            parts.append("\(Self.clock(seconds * (1 - share) / (share - before.share))) left")
        }
        if let workers, !isDone { parts.append(workers == 1 ? "1 worker" : "\(workers) workers") }
        if isRunningShown, let running, !isDone { parts.append(running) }
        return parts.joined(separator: " · ")
    }

    /// Whether there is nobody to go on with the work.
    var isWaiting: Bool { workers == 0 && !isDone }

    /// The part of the work that is done; 100 only when all is.
    var percent: Int { isDone ? 100 : max(0, min(99, Int(share * 100))) }

    private var isDone: Bool { progress.isOver }

    private var seconds: Double { Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18 }

    /// `3.2 tasks/s`, `12 tasks/min` or `4.0 tasks/h`
    static func pace(_ perSecond: Double) -> String {
        let (number, unit) =
            perSecond >= 1 ? (perSecond, "s") : perSecond * 60 >= 1 ? (perSecond * 60, "min") : (perSecond * 3600, "h")
        let tenths = (number * 10).rounded() / 10
        return (tenths < 10 ? "\(tenths)" : "\(Int(number.rounded()))") + " tasks/\(unit)"
    }

    /// `0:05`, `12:30`, `3:00:00`
    static func clock(_ seconds: Double) -> String {
        // Beyond ten years nobody counts, and the number must fit.
        let total = Int(seconds.isNaN ? 0 : min(max(0, seconds), 3e8).rounded())
        let (hours, minutes, rest) = (total / 3600, total / 60 % 60, total % 60)
        let tail = (rest < 10 ? "0" : "") + "\(rest)"
        return hours > 0 ? "\(hours):\(minutes < 10 ? "0" : "")\(minutes):\(tail)" : "\(minutes):\(tail)"
    }
}

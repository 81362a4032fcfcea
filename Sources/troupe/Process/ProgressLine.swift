import Jobs

/// What a user sees of a job's progress.
struct ProgressLine {
    /// How far it is.
    var progress: TrainingProgress
    /// Since it began.
    var elapsed: Duration

    /// `████████░░░░░░░░ 16 of 32 members · 3.2 tasks/s · 0:05 left`, never longer than a terminal's line.
    func bar(width: Int) -> String {
        let text = " " + description
        let cells = min(40, width - text.count - 1)
        guard cells >= 4 else { return String(text.dropFirst().prefix(max(0, width - 1))) }
        let filled = progress.total == 0 ? 0 : cells * progress.done / progress.total
        return String(repeating: "█", count: filled) + String(repeating: "░", count: cells - filled) + text
    }

    /// `16 of 32 members · 3.2 tasks/s · 0:05 left`
    var description: String {
        var parts = ["\(progress.done) of \(progress.total) \(progress.unit)"]
        if progress.tasks > 0, seconds > 0 { parts.append("\(Self.rate(Double(progress.tasks) / seconds)) tasks/s") }
        if progress.done == progress.total {
            parts.append("\(Self.clock(seconds)) in all")
        } else if progress.done > 0 {
            let left = seconds * Double(progress.total - progress.done) / Double(progress.done)
            parts.append("\(Self.clock(left)) left")
        }
        return parts.joined(separator: " · ")
    }

    private var seconds: Double { Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18 }

    /// Three digits or so: `0.42`, `3.2`, `120`.
    static func rate(_ number: Double) -> String {
        let digits = number < 1 ? 100.0 : number < 100 ? 10 : 1
        let rounded = (number * digits).rounded() / digits
        return rounded == rounded.rounded() && digits == 1 ? "\(Int(rounded))" : "\(rounded)"
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

import Recipes

extension TaskScore {
    /// The numbers by name, as they are kept with a model.
    var metrics: [(name: String, value: Double)] {
        switch self {
        case .accuracy(let share, _): [("accuracy", share)]
        case .error(let rootMeanSquare, let determination, _):
            [("rms_error", rootMeanSquare), ("r2", determination)]
        }
    }

    /// As `97.22 % right`, or `error 3.2101, R² 0.8123`.
    var text: String {
        switch self {
        case .accuracy(let share, _): "\(ReportLine.percent(share)) right"
        case .error(let rootMeanSquare, let determination, _):
            "error \(ReportLine.decimal(rootMeanSquare))"
                + (determination.isFinite ? ", R² \(ReportLine.decimal(determination))" : "")
        }
    }

    /// How many rows had the label.
    var rows: Int {
        switch self {
        case .accuracy(_, let rows), .error(_, _, let rows): rows
        }
    }
}

extension TrainedTask {
    /// What there is to say of it: its score beside that of the same layers alone.
    var verdict: String {
        var parts: [String] = []
        if let divergedAt { parts.append("left out from step \(divergedAt + 1) on, where it diverged") }
        if weight == 0 { parts.append("took no part") }
        if weight > 0 { parts.append(score?.text ?? "not measured") }
        if let baseline { parts.append("alone \(baseline.text)") }
        return parts.joined(separator: "; ")
    }
}

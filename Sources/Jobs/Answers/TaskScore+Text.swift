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

    /// As `97.22 % right`, or `R² 0.812, error 3.21`.
    var text: String {
        switch self {
        case .accuracy(let share, _): "\(ReportLine.percent(share)) right"
        case .error(let rootMeanSquare, let determination, _):
            "error \(ReportLine.digits(rootMeanSquare))"
                + (determination.isFinite ? ", R² \(ReportLine.digits(determination))" : "")
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

extension ReportLine {
    /// A number with about four digits.
    static func digits(_ number: Double) -> String {
        guard number.isFinite, abs(number) < 1e15 else { return "\(number)" }
        var scale = 1.0
        while abs(number) * scale < 1000, scale < 1e12 { scale *= 10 }
        let rounded = (number * scale).rounded() / scale
        return Int(exactly: rounded).map(String.init) ?? "\(rounded)"
    }
}

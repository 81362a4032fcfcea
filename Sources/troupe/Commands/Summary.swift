import Jobs
import Tensors

/// What is said of a model when it is made.
struct Summary: CustomStringConvertible {
    var report: Report
    var folder: String
    var weights: Hash

    var description: String {
        let lines = report + [ReportLine("model", folder), ReportLine("SHA-256 of weights", weights.description)]
        return lines.map { $0.title.padded(to: Self.width) + $0.value }.joined(separator: "\n")
    }

    /// The width of the titles.
    static let width = 22
}

extension String {
    func padded(to width: Int) -> String { self + String(repeating: " ", count: max(1, width - count)) }
}

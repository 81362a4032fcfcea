import Jobs
import Tensors

/// What is said of a model when it is made.
struct Summary: CustomStringConvertible {
    var metrics: Metrics
    var folder: String
    var weights: Hash

    var description: String {
        let measured: [(String, String)] = [
            ("mean member accuracy", Metrics.meanMemberAccuracy), ("ensemble accuracy", Metrics.ensembleAccuracy),
            ("out-of-bag accuracy", Metrics.outOfBagAccuracy),
        ].compactMap { title, name in metrics[name].map { (title, Self.percent($0)) } }
        let lines = measured + [("model", folder), ("SHA-256 of weights", weights.description)]
        return lines.map { $0.padded(to: 22) + $1 }.joined(separator: "\n")
    }

    /// `0.9722` as `97.22 %`
    static func percent(_ share: Double) -> String {
        guard share.isFinite else { return "not measured" }
        let hundredths = Int((share * 10000).rounded())
        let tail = hundredths % 100
        return "\(hundredths / 100).\(tail < 10 ? "0" : "")\(tail) %"
    }
}

extension String {
    func padded(to width: Int) -> String { self + String(repeating: " ", count: max(1, width - count)) }
}

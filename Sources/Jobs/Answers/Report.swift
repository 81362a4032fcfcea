import Foundation

/// What there is to say of a model: titles with values, for people.
public typealias Report = [ReportLine]

/// A line of a report.
public struct ReportLine: Hashable, Sendable {
    /// What it is about, such as `ensemble accuracy`.
    public var title: String
    /// What was found, such as `97.22 %`.
    public var value: String

    /// A title with a value.
    public init(_ title: String, _ value: String) {
        self.title = title
        self.value = value
    }

    /// A title with a share of 1.
    public init(_ title: String, share: Double) { self.init(title, Self.percent(share)) }

    /// `0.9722` as `97.22 %`
    public static func percent(_ share: Double) -> String {
        guard share.isFinite else { return "not measured" }
        let hundredths = Int((share * 10000).rounded())
        let tail = hundredths % 100
        return "\(hundredths / 100).\(tail < 10 ? "0" : "")\(tail) %"
    }

    /// `0.40183` as `0.4018`; larger and smaller numbers with four digits and an exponent.
    public static func decimal(_ number: Double) -> String {
        guard number.isFinite else { return "not measured" }
        guard number == 0 || (0.001..<10_000).contains(abs(number)) else { return String(format: "%.3e", number) }
        return String(format: "%.4f", number)
    }
}

extension Metrics {
    /// Those of some shares that were measured, with titles.
    func report(_ titles: KeyValuePairs<String, String>) -> Report {
        titles.compactMap { title, name in self[name].map { ReportLine(title, share: $0) } }
    }
}

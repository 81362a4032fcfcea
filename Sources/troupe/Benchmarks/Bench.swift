import Jobs

/// A named measurement of a part of Troupe.
struct Bench: Sendable {
    /// The name on the command line.
    let name: String
    /// What is measured, in a few words.
    let measures: String
    /// Measures.
    let run: @Sendable () async throws -> [Figure]

    /// All benchmarks, those of the lowest floor first.
    static let all: [Bench] = [
        .elementwise, .products, .batchedMembers, .ledger, .dispatch, .roundTrip, .firstResult, .bagging, .sinusoids,
        .convolutions, .multitask,
    ]
}

/// A measured number.
struct Figure: Sendable {
    /// What was measured, such as `seconds`.
    var metric: String
    /// The number; of several runs the median.
    var value: Double
    /// The unit, such as `s`.
    var unit: String
    /// How many runs there were.
    var runs: Int

    /// As one line.
    func json(bench: String) -> JSON {
        .object([
            "bench": .text(bench), "metric": .text(metric), "value": .number(value), "unit": .text(unit),
            "n": .integer(runs),
        ])
    }

    /// The median time of some runs, in seconds, after one that warms up.
    static func medianSeconds(runs: Int, _ body: () async throws -> Void) async rethrows -> Double {
        try await body()
        var times: [Double] = []
        for _ in 0..<runs {
            let took = try await ContinuousClock().measure { try await body() }
            times.append(Double(took.components.seconds) + Double(took.components.attoseconds) * 1e-18)
        }
        times.sort()
        return (times[(times.count - 1) / 2] + times[times.count / 2]) / 2
    }
}

public import Tensors

/// Regression on sine waves: y = A sin(x − φ) with A in [0.1, 5], φ in [0, π] and x in [−5, 5], all evenly spread.
///
/// Finn et al. 2017, section 5.1.
public struct Sinusoids: EpisodeSource {
    /// The number of points to adapt to, K in the paper.
    public let shots: Int
    /// The number of points to measure on.
    public let queries: Int

    /// Sine waves of which some points are seen.
    ///
    /// - Throws: `EpisodeError.setting` for a number out of range.
    public init(shots: Int = 10, queries: Int = 10) throws(EpisodeError) {
        try require("shots", shots, in: 1...10_000)
        try require("queries", queries, in: 1...10_000)
        self.shots = shots
        self.queries = queries
    }

    /// `sinusoid`
    public var name: String { "sinusoid" }
    /// One number.
    public var kind: EpisodeKind { .regression(outputs: 1) }
    /// `x`
    public var featureNames: [String] { ["x"] }
    /// The points of both parts.
    public var rows: (support: Int, query: Int) { (shots, queries) }
    /// None.
    public var tables: [(name: String, value: TensorValue)] { [] }

    /// Draws a wave and points on it: `x` and `y` are `f32 [points, 1]`.
    public func episode(_ key: Key, from tables: [Tensor]) -> Episode {
        let amplitude = key["amplitude"].uniform(.scalar) * 4.9 + 0.1  // A
        let phase = key["phase"].uniform(.scalar) * Double.pi  // φ
        let x = key["x"].uniform([shots + queries, 1]) * 10 - 5
        let points = Examples(x: x, y: (x - phase).sine() * amplitude)
        return Episode(
            support: points.map { $0.sliced(axis: 0, 0..<shots) },
            query: points.map { $0.sliced(axis: 0, shots..<(shots + queries)) }
        )
    }
}

extension Examples {
    /// The same part of the inputs and the labels.
    func map(_ transform: (Tensor) -> Tensor) -> Examples { Examples(x: transform(x), y: transform(y)) }
}

import Datasets
import Tensors

/// Sine waves, of which some are so high that their squared errors overflow.
struct Steep: EpisodeSource {
    private let waves: Sinusoids
    private let high: [Int]

    /// Waves of which some are high.
    ///
    /// - Parameter high: The numbers of the high ones among the tasks of meta-training with the seed 3.
    /// - Throws: what the waves throw.
    init(_ high: some Sequence<Int>) throws {
        waves = try Sinusoids(shots: 5, queries: 5)
        self.high = Array(high)
    }

    var name: String { "steep" }
    var kind: EpisodeKind { waves.kind }
    var featureNames: [String] { waves.featureNames }
    var rows: (support: Int, query: Int) { waves.rows }
    /// The keys of the high ones, by which an episode knows its number.
    var tables: [(name: String, value: TensorValue)] {
        let stream = RandomKey(seed: 3).child("maml").child("meta-training")
        let keys = high.flatMap { stream.child($0).words }
        return [("keys", TensorValue(keys, shape: [high.count, 2]))]
    }

    func episode(_ key: Key, from tables: [Tensor]) -> Episode {
        let episode = waves.episode(key, from: [])
        let isKey = (tables[0] .== key.tensor).converted(to: .f32).minimum(over: [1])
        let factor = isKey.maximum() * 1e30 + 1
        return Episode(
            support: Examples(x: episode.support.x, y: episode.support.y * factor),
            query: Examples(x: episode.query.x, y: episode.query.y * factor)
        )
    }
}

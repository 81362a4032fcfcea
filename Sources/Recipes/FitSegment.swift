import Networks
import Tensors

/// A part of a fit that is a task of its own.
struct FitSegment: Hashable {
    /// How many epochs it takes.
    var epochs: Int
    /// Whether it begins with fresh weights, and not with the state that the segment before it left.
    var isFirst: Bool
    /// Whether it leaves the weights alone, and not the state for the next one.
    var isLast: Bool
}

extension Learner {
    /// A fit cut so that a task takes seconds, which is about 10¹¹ multiplications.
    ///
    /// - Parameters:
    ///   - rows: The rows of an epoch.
    ///   - features: The features of a row.
    ///   - lanes: The networks that a task trains.
    ///   - length: The epochs of a segment; nil leaves it to their cost.
    /// - Returns: the number of each segment's first epoch, and the segment.
    func segments(
        rows: Int,
        features: Int,
        lanes: Int,
        epochsPerTask length: Int?
    ) -> [(first: Int, segment: FitSegment)] {
        let weights = (try? model.weightCount(for: [features])) ?? 1
        let perEpoch = 6 * Double(weights) * Double(rows) * Double(lanes)
        let length = length ?? max(1, Int(1e11 / max(1, perEpoch)))
        return stride(from: 0, to: epochs, by: length).map { first in
            let end = min(first + length, epochs)
            let segment = FitSegment(epochs: end - first, isFirst: first == 0, isLast: end == epochs)
            return (first: first, segment: segment)
        }
    }
}

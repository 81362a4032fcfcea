/// A decision stump: one feature, one threshold, and a class on each side.
public struct Stump: Hashable, Sendable {
    /// The number of the feature, from 0.
    public var feature: Int
    /// Rows whose feature is not above it are of the class `below`.
    public var threshold: Float
    /// The class, by index, of rows at or below the threshold.
    public var below: Int
    /// The class of the other rows.
    public var above: Int

    /// A stump.
    public init(feature: Int, threshold: Float, below: Int, above: Int) {
        self.feature = feature
        self.threshold = threshold
        self.below = below
        self.above = above
    }
}

/// Why there can be no such episodes.
public enum EpisodeError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A setting is out of range.
    case setting(name: String, found: String, allowed: String)
    /// Fewer classes than an episode has.
    case tooFewClasses(dataset: String, found: Int, needed: Int)
    /// A class with fewer images than an episode takes of it.
    case tooFewRows(dataset: String, class: String, found: Int, needed: Int)
    /// Rows that cannot be turned by a right angle.
    case notSquare(dataset: String, row: String)

    /// What is wrong, and what is needed.
    public var description: String {
        switch self {
        case .setting(let name, let found, let allowed): "'\(name)' is \(found), and must be \(allowed)."
        case .tooFewClasses(let dataset, let found, let needed):
            """
            '\(dataset)' has \(found) classes to draw from, but an episode of \(needed) ways needs as many. Classes to train \
            on and those that are kept apart (held_out) are drawn from separately.
            """
        case .tooFewRows(let dataset, let name, let found, let needed):
            """
            The class '\(name)' of '\(dataset)' has \(found) rows, but an episode takes \(needed) of a class: lower \
            'shots' or 'queries', or leave the class out.
            """
        case .notSquare(let dataset, let row):
            "The rows of '\(dataset)' are \(row), and only square images [side, side, channels] can be turned."
        }
    }
}

/// - Throws: `EpisodeError.setting` when a number is not in a range.
func require(_ name: String, _ found: Int, in range: ClosedRange<Int>) throws(EpisodeError) {
    guard range.contains(found) else {
        throw .setting(
            name: name,
            found: "\(found)",
            allowed: "a whole number from \(range.lowerBound) to \(range.upperBound)"
        )
    }
}

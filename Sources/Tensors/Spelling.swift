extension Sequence<String> {
    /// The name that somebody who wrote `word` most likely meant: the nearest by edit distance, the first of several.
    ///
    /// - Returns: nil when no name is near, that is, when more than a third of the longer word would have to change.
    package func closest(to word: String) -> String? {
        // A word that is far longer than our names is far from all of them, however it goes on.
        let word = String(word.prefix(64))
        var best: (name: String, distance: Int)?
        for name in self {
            let distance = editDistance(word.normalizedSpelling, name.normalizedSpelling)
            if distance < best?.distance ?? .max { best = (name, distance) }
        }
        guard let best, best.distance * 3 <= Swift.max(word.count, best.name.count) + 1 else { return nil }
        return best.name
    }
}

/// The number of single letters to insert, delete, replace or swap with their neighbour that turns one word into another
/// (optimal string alignment).
func editDistance(_ left: String, _ right: String) -> Int {
    let left = Array(left)
    let right = Array(right)
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for row in left.indices {
        var current = [row + 1]
        for column in right.indices {
            let replaced = last[column] + (left[row] == right[column] ? 0 : 1)
            var least = Swift.min(last[column + 1] + 1, current[column] + 1, replaced)
            if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                least = Swift.min(least, beforeLast[column - 1] + 1)
            }
            current.append(least)
        }
        (beforeLast, last) = (last, current)
    }
    return last[right.count]
}

extension String {
    /// The same for `members_per_task`, `membersPerTask` and `members-per-task`.
    fileprivate var normalizedSpelling: String { lowercased().filter { $0 != "_" && $0 != "-" } }
}

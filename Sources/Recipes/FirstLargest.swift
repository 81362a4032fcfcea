extension ArraySlice<Float> {
    /// Where the largest stands, counted from the first; the first of equals.
    package var firstLargest: Int {
        var best = startIndex
        for index in indices where self[index] > self[best] { best = index }
        return best - startIndex
    }
}

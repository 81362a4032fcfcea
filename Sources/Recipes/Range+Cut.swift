extension Range<Int> {
    /// The range in parts of a size, in order; the last one may be smaller.
    func cut(into size: Int) -> [Range<Int>] {
        stride(from: lowerBound, to: upperBound, by: size).map { $0..<Swift.min($0 + size, upperBound) }
    }
}

/// What lies around the elements that a window slides over.
public enum WindowPadding: Hashable, Sendable {
    /// Nothing: the window stays inside.
    case valid
    /// As much as makes ⌈size / stride⌉ places; of an odd number the larger part after the last element.
    case same
    /// So many elements before and after each axis.
    case edges(low: [Int], high: [Int])

    /// The elements before and after each axis, for a window (holes counted) of such sizes and strides.
    func edges(sizes: [Int], windows: [Int], strides: [Int]) -> (low: [Int], high: [Int]) {
        switch self {
        case .valid: return (sizes.map { _ in 0 }, sizes.map { _ in 0 })
        case .edges(let low, let high): return (low, high)
        case .same:
            let totals = sizes.indices.map { axis in
                let places = (sizes[axis] + strides[axis] - 1) / strides[axis]
                return max(0, (places - 1) * strides[axis] + windows[axis] - sizes[axis])
            }
            return (totals.map { $0 / 2 }, totals.map { $0 - $0 / 2 })
        }
    }
}

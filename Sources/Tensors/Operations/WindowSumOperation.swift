/// The sum of what lies under a window that slides over all axes, at each of its places.
///
/// - Parameters:
///   - x: Numbers of any shape.
///   - window: The size of the window along each axis.
///   - stride: The step of the window along each axis; all 1 if left out.
///   - padding: What lies around x; it adds nothing.
///   - inputDilation: The distance of neighbouring elements of x along each axis; all 1 if left out.
///   - windowDilation: The distance of neighbouring elements of the window; all 1 if left out.
/// - Returns: The sums, `[places…]`.
public func windowSum(
    _ x: Tensor,
    window: [Int],
    stride: [Int]? = nil,
    padding: WindowPadding = .valid,
    inputDilation: [Int]? = nil,
    windowDilation: [Int]? = nil
) -> Tensor {
    let ones = [Int](repeating: 1, count: x.rank)
    let settings = [window, stride ?? ones, inputDilation ?? ones, windowDilation ?? ones]
    guard settings.allSatisfy({ $0.count == x.rank && $0.allSatisfy((1...SlidingWindow.longestStep).contains) }) else {
        return x.invalid(
            WindowSum.name,
            because: "a window, strides and dilations must be at least 1, one for each of \(x.rank) axes"
        )
    }
    let (low, high) = padding.edges(
        sizes: (0..<x.rank).map { SlidingWindow.dilated(x.shape[$0], by: settings[2][$0]) },
        windows: (0..<x.rank).map { SlidingWindow.dilated(window[$0], by: settings[3][$0]) },
        strides: settings[1]
    )
    let sum = WindowSum(
        window: window,
        stride: settings[1],
        low: low,
        high: high,
        inputDilation: settings[2],
        windowDilation: settings[3]
    )
    return Trace.apply(sum, [x])[0]
}

/// The mean of the elements under a window that slides over the spatial axes, for each channel.
///
/// Padding does not count: at the edges it is the mean of fewer elements. A place where there is none at all gets NaN.
///
/// - Parameters:
///   - x: `[batch, spatial…, channels]`, floating-point.
///   - window: The size of the window along each spatial axis.
///   - stride: The step of the window along each spatial axis; the window's own size if left out, so that windows tile x.
///   - padding: What lies around x.
/// - Returns: `[batch, places…, channels]`
public func averagePool(_ x: Tensor, window: [Int], stride: [Int]? = nil, padding: WindowPadding = .valid) -> Tensor {
    let stride = stride ?? window
    guard x.element.isFloat, x.rank == window.count + 2, stride.count == window.count,
        (window + stride).allSatisfy((1...SlidingWindow.longestStep).contains)
    else {
        return x.invalid(
            "average_pool",
            because:
                "takes floating-point numbers [batch, spatial…, channels], and a window and strides of at least 1 for "
                + "each spatial axis"
        )
    }
    let spatial = Array(x.shape.sizes[1..<(x.rank - 1)])
    let (low, high) = padding.edges(sizes: spatial, windows: window, strides: stride)
    let sums = windowSum(
        x,
        window: [1] + window + [1],
        stride: [1] + stride + [1],
        padding: .edges(low: [0] + low + [0], high: [0] + high + [0])
    )
    guard (low + high).contains(where: { $0 > 0 }) else {
        return sums / window.reduce(1.0) { $0 * Double($1) }
    }
    let ones = x.filled(1, shape: Shape(spatial))
    let counts = windowSum(ones, window: window, stride: stride, padding: .edges(low: low, high: high))
    guard sums.exists, counts.exists else { return sums }
    return sums / counts.broadcast(to: sums.shape, axes: window.indices.map { $0 + 1 })
}

/// The largest element under a window that slides over the spatial axes, for each channel; NaN where there is one.
///
/// Its derivative goes to the first of the largest elements.
///
/// - Parameters:
///   - x: `[batch, spatial…, channels]`
///   - window: The size of the window along each spatial axis.
///   - stride: The step of the window along each spatial axis; the window's own size if left out, so that windows tile x.
///   - padding: What lies around x; it never wins, and must be narrower than the window.
/// - Returns: `[batch, places…, channels]`
public func maxPool(_ x: Tensor, window: [Int], stride: [Int]? = nil, padding: WindowPadding = .valid) -> Tensor {
    let stride = stride ?? window
    guard x.rank == window.count + 2, stride.count == window.count,
        (window + stride).allSatisfy((1...SlidingWindow.longestStep).contains)
    else {
        return x.invalid(
            "max_pool",
            because: "takes [batch, spatial…, channels], and a window and strides of at least 1 for each spatial axis"
        )
    }
    let (low, high) = padding.edges(sizes: Array(x.shape.sizes[1..<(x.rank - 1)]), windows: window, strides: stride)
    let places = Trace.apply(WindowArgMax(window: window, stride: stride, low: low, high: high), [x])[0]
    guard places.exists else { return places }
    let batch = x.shape[0]
    guard x.shape.count > 0 else { return x.filled(0, shape: places.shape) }
    let rows = x.reshaped([batch, x.shape.count / batch])
    let positions = places.reshaped([batch, places.shape.count / batch])
    return Trace.apply(Gather(batch: 1), [rows, positions])[0].reshaped(places.shape)
}
